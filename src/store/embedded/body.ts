import { Buffer } from "node:buffer";
import { S3Error } from "../../errors/s3-error.ts";
import type { BlobFiles } from "./blob-files.ts";
import { BlobWriter } from "./blob-writer.ts";

/** Bodies up to this many bytes live in the database, where they share the fsync of their row. */
export const INLINE_LIMIT = 64 * 1024;

/** A body that is durable, or will be with the row that carries it. */
export type StoredBody =
  | { readonly size: number; readonly bytes: Uint8Array }
  | { readonly size: number; readonly file: string };

/** A stored body with what the caller learned from it. */
export interface Received<A> {
  readonly body: StoredBody;
  readonly attributes: A;
}

/**
 * Takes a body to its end, asks `attributes` for what its writer knows of it, and makes its file durable if it has one.
 * Bodies above `inlineLimit` bytes become files, which are drafts until their row is committed.
 * @throws S3Error IncompleteBody when the body has not `storedSize` bytes; whatever `body` and `attributes` throw
 */
export async function receiveBody<A>(
  files: BlobFiles,
  input: {
    readonly body: AsyncIterable<Uint8Array>;
    readonly storedSize?: number;
    readonly attributes: () => A | Promise<A>;
  },
  inlineLimit: number,
): Promise<Received<A>> {
  const expected = input.storedSize ?? 0;
  const receiver = new Receiver(files, inlineLimit, expected);
  try {
    if (expected > inlineLimit) await receiver.startFile();
    for await (const chunk of input.body) await receiver.take(chunk);
    if (input.storedSize !== undefined && input.storedSize !== receiver.size) {
      throw new S3Error("IncompleteBody");
    }
    const attributes = await input.attributes();
    return { body: await receiver.finish(), attributes };
  } catch (error) {
    await receiver.abandon();
    throw error;
  }
}

/** Forgets a received body whose row was not committed. */
export async function discardBody(files: BlobFiles, body: StoredBody): Promise<void> {
  if ("file" in body) await files.discard(body.file);
}

/** Collects a body in memory until it outgrows the limit, then in a file. */
class Receiver {
  readonly #files: BlobFiles;
  readonly #inlineLimit: number;
  #inline: Buffer;
  #filled = 0;
  #writer: BlobWriter | undefined;

  constructor(files: BlobFiles, inlineLimit: number, expected: number) {
    this.#files = files;
    this.#inlineLimit = inlineLimit;
    this.#inline = Buffer.allocUnsafeSlow(Math.min(expected, inlineLimit));
  }

  get size(): number {
    return this.#writer?.size ?? this.#filled;
  }

  async startFile(): Promise<BlobWriter> {
    const writer = await BlobWriter.create(this.#files);
    this.#writer = writer;
    await writer.write(this.#inline.subarray(0, this.#filled));
    this.#inline = Buffer.alloc(0);
    return writer;
  }

  async take(chunk: Uint8Array): Promise<void> {
    const size = this.size + chunk.length;
    const writer = this.#writer ?? (size > this.#inlineLimit ? await this.startFile() : undefined);
    if (writer !== undefined) return await writer.write(chunk);
    if (size > this.#inline.length) this.#grow(size);
    this.#inline.set(chunk, this.#filled);
    this.#filled = size;
  }

  async finish(): Promise<StoredBody> {
    const writer = this.#writer;
    if (writer === undefined) return { size: this.#filled, bytes: this.#inline.subarray(0, this.#filled) };
    await writer.finish();
    return { size: writer.size, file: writer.file };
  }

  async abandon(): Promise<void> {
    await this.#writer?.abandon();
  }

  #grow(size: number): void {
    const larger = Buffer.allocUnsafeSlow(
      Math.min(Math.max(size, 2 * this.#inline.length), this.#inlineLimit),
    );
    this.#inline.copy(larger, 0, 0, this.#filled);
    this.#inline = larger;
  }
}
