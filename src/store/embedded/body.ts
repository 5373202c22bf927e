import { Buffer } from "node:buffer";
import { BlobWriter, type FileBody } from "../files/blob-writer.ts";
import { type Incoming, receive, type Received, receiveFile, type Receiver } from "../files/receive.ts";
import type { BlobFiles } from "./blob-files.ts";

/** Bodies up to this many bytes live in the database, where they share the fsync of their row. */
const INLINE_LIMIT = 64 * 1024;

/** A body that the row of its object will carry. */
export interface InlineBody {
  readonly size: number;
  readonly bytes: Uint8Array;
}

/**
 * Takes a body to its end and asks for its attributes. It stays in memory up to 64 KiB and becomes a file above.
 * @throws S3Error XMinioStorageFull; IncompleteBody when the body has not `storedSize` bytes; whatever `body` and
 * `attributes` throw
 */
export async function receiveBody<A>(
  files: BlobFiles,
  incoming: Incoming<A>,
): Promise<Received<InlineBody | FileBody, A>> {
  const expected = incoming.storedSize ?? 0;
  files.requireSpace(expected);
  if (expected > INLINE_LIMIT) return await receiveFile(files, incoming);
  return await receive(new SmallReceiver(files, expected), incoming);
}

/** Forgets a received body whose row was not committed. */
export async function discardBody(files: BlobFiles, body: InlineBody | FileBody): Promise<void> {
  if ("file" in body) await files.discard(body.file);
}

/** Collects a body in memory until it outgrows the limit, then in a file. */
class SmallReceiver implements Receiver<InlineBody | FileBody> {
  readonly #files: BlobFiles;
  #inline: Buffer;
  #filled = 0;
  #writer: BlobWriter | undefined;

  constructor(files: BlobFiles, expected: number) {
    this.#files = files;
    this.#inline = Buffer.allocUnsafeSlow(expected);
  }

  get size(): number {
    return this.#writer?.size ?? this.#filled;
  }

  async write(chunk: Uint8Array): Promise<void> {
    const size = this.size + chunk.length;
    const writer = this.#writer ?? (size > INLINE_LIMIT ? await this.#startFile() : undefined);
    if (writer !== undefined) return await writer.write(chunk);
    if (size > this.#inline.length) this.#grow(size);
    this.#inline.set(chunk, this.#filled);
    this.#filled = size;
  }

  async finish(): Promise<InlineBody | FileBody> {
    if (this.#writer !== undefined) return await this.#writer.finish();
    return { size: this.#filled, bytes: this.#inline.subarray(0, this.#filled) };
  }

  async abandon(): Promise<void> {
    await this.#writer?.abandon();
  }

  async #startFile(): Promise<BlobWriter> {
    const writer = await BlobWriter.create(this.#files);
    this.#writer = writer;
    await writer.write(this.#inline.subarray(0, this.#filled));
    this.#inline = Buffer.alloc(0);
    return writer;
  }

  #grow(size: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(Math.max(size, 2 * this.#inline.length), INLINE_LIMIT));
    this.#inline.copy(larger, 0, 0, this.#filled);
    this.#inline = larger;
  }
}
