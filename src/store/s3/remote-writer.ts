import { Buffer } from "node:buffer";
import { type OutgoingBody, PIECE, requestBody } from "./remote-body.ts";
import type { RequestBody } from "./client/request-body.ts";
import { Pieces } from "./pieces.ts";
import type { RemoteObjects, Written } from "./remote-objects.ts";
import type { RemoteUploads } from "./remote-uploads.ts";
import { beginningOf } from "./small-body.ts";

/** S3 takes up to 5 GiB in one request. What is encrypted is a little longer than the object that came. */
const MOST_AT_ONCE = 5 * 2 ** 30;
const LARGE_PART = 2 ** 30;

/** Headers of a request. */
type Headers = Readonly<Record<string, string>>;

/** An object to be written to a backend. */
export interface RemoteWrite {
  readonly bucket: string;
  readonly key: string;
  /** Of metadata and encryption. */
  readonly headers: Headers;
  /** Of a customer's key, which every piece of a body in pieces needs. */
  readonly keyHeaders: Headers;
  /** Of conditions. */
  readonly conditions: Headers;
  /** Of what is known only when the body has been confirmed; told to the backend where that is before the body. */
  readonly late?: () => Headers;
  readonly body: OutgoingBody;
}

/** Writes objects of a backend. A body that fails leaves nothing behind, a body of any size is sent with bounded memory. */
export class RemoteWriter {
  readonly #objects: RemoteObjects;
  readonly #uploads: RemoteUploads;

  constructor(objects: RemoteObjects, uploads: RemoteUploads) {
    this.#objects = objects;
    this.#uploads = uploads;
  }

  /** @throws S3Error as the backend names it; whatever the body throws */
  async write(write: RemoteWrite): Promise<Written> {
    const { body } = write;
    if (body.size !== undefined) {
      if (body.size <= MOST_AT_ONCE) return await this.#put(write, body);
      return await this.#inParts(write, largeParts(body.chunks, body.size));
    }
    const beginning = await beginningOf(body.chunks, PIECE);
    if ("begun" in beginning) return await this.#inParts(write, smallParts(beginning.begun));
    const { whole } = beginning;
    return await this.#put(write, { ...body, chunks: once(whole), size: whole.length });
  }

  async #put(write: RemoteWrite, outgoing: OutgoingBody): Promise<Written> {
    const body = await requestBody(outgoing);
    return await this.#objects.put(write.bucket, write.key, {
      ...write.headers,
      ...(body.kind === "bytes" ? write.late?.() : {}),
      ...write.conditions,
    }, body);
  }

  /** Nor does S3 take a body of unknown size in one request. */
  async #inParts(write: RemoteWrite, bodies: AsyncIterable<RequestBody>): Promise<Written> {
    const { bucket, key, headers, keyHeaders, conditions, body } = write;
    const upload = await this.#uploads.create(bucket, key, headers, undefined);
    try {
      const parts: { number: number; etag: string; checksum: undefined }[] = [];
      for await (const part of bodies) {
        const number = parts.length + 1;
        const { etag } = await this.#uploads.putPart(upload, number, keyHeaders, part);
        parts.push({ number, etag, checksum: undefined });
      }
      await body.confirmed();
      return await this.#uploads.complete(upload, parts, undefined, conditions);
    } catch (thrown) {
      await this.#uploads.abort(upload).catch(() => {});
      throw thrown;
    }
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Parts that are streamed, for a body of known size. */
async function* largeParts(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<RequestBody> {
  const pieces = new Pieces(chunks);
  try {
    for (let left = size; left > 0;) {
      const length = Math.min(left, LARGE_PART);
      yield { kind: "stream", length, chunks: pieces.next(length) };
      left -= length;
    }
    await pieces.end();
  } finally {
    await pieces.close();
  }
}

/** Parts of at least `PIECE` bytes that are gathered, the last one of what is left, for a body of unknown size. */
async function* smallParts(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RequestBody> {
  let pending: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    pending.push(chunk);
    size += chunk.length;
    if (size < PIECE) continue;
    yield { kind: "bytes", bytes: Buffer.concat(pending) };
    pending = [];
    size = 0;
  }
  if (size > 0) yield { kind: "bytes", bytes: Buffer.concat(pending) };
}
