import { Buffer } from "node:buffer";
import { S3Error } from "../../errors/s3-error.ts";
import type { BlobFiles } from "./blob-files.ts";
import { BlobWriter, type DraftFiles, type FileBody } from "./blob-writer.ts";

/** Bodies up to this many bytes live in the database, where they share the fsync of their row. */
const INLINE_LIMIT = 64 * 1024;

/** A body that the row of its object will carry. */
export interface InlineBody {
  readonly size: number;
  readonly bytes: Uint8Array;
}

/** What a client sends: bytes, perhaps their number, and what is known once they have passed. */
export interface Incoming<A> {
  readonly body: AsyncIterable<Uint8Array>;
  readonly storedSize?: number;
  readonly attributes: () => A | Promise<A>;
}

/** A body at rest, with what its sender knows of it. */
export interface Received<B, A> {
  readonly body: B;
  readonly attributes: A;
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

/** As `receiveBody`, but the body always becomes a file. */
export async function receiveFile<A>(
  files: DraftFiles,
  incoming: Incoming<A>,
): Promise<Received<FileBody, A>> {
  files.requireSpace(incoming.storedSize ?? 0);
  return await receive(await BlobWriter.create(files), incoming);
}

/** Forgets a received body whose row was not committed. */
export async function discardBody(files: BlobFiles, body: InlineBody | FileBody): Promise<void> {
  if ("file" in body) await files.discard(body.file);
}

interface Receiver<B> {
  /** Bytes taken so far. */
  readonly size: number;
  write(chunk: Uint8Array): Promise<void>;
  finish(): Promise<B>;
  abandon(): Promise<void>;
}

async function receive<B, A>(receiver: Receiver<B>, incoming: Incoming<A>): Promise<Received<B, A>> {
  try {
    for await (const chunk of incoming.body) await receiver.write(chunk);
    if (incoming.storedSize !== undefined && incoming.storedSize !== receiver.size) {
      throw new S3Error("IncompleteBody");
    }
    const attributes = await incoming.attributes();
    return { body: await receiver.finish(), attributes };
  } catch (error) {
    await receiver.abandon();
    throw error;
  }
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
