import { Buffer } from "node:buffer";
import { Pieces } from "../pieces.ts";
import type { BackendEncryption, UploadId } from "../store.ts";
import { type OutgoingBody, PIECE, requestBody } from "./remote-body.ts";
import type { RequestBody } from "./client/request-body.ts";
import type { RemoteObjects, Written } from "./remote-objects.ts";
import type { RemoteUploads } from "./remote-uploads.ts";
import { checkMd5, withMd5 } from "./sent-md5.ts";
import { beginningOf, SMALL, wholeBody } from "./small-body.ts";

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
  /** The same as in `headers`. */
  readonly encryption: BackendEncryption | undefined;
  /** Of a customer's key, which every piece of a body in pieces needs. */
  readonly keyHeaders: Headers;
  /** Of conditions. */
  readonly conditions: Headers;
  /** Of what is known only when the body has been confirmed; told to the backend where that is before the body. */
  readonly late?: () => Headers;
  readonly body: OutgoingBody;
}

/** A body that is at the backend and no object yet. */
export interface Staged {
  readonly upload: UploadId;
  readonly parts: readonly StagedPart[];
}

export interface StagedPart {
  readonly number: number;
  /** As the backend names it. */
  readonly etag: string;
}

/** Writes objects of a backend. A body that fails leaves nothing behind, a body of any size is sent with bounded memory. */
export class RemoteWriter {
  readonly #objects: RemoteObjects;
  readonly #uploads: RemoteUploads;

  constructor(objects: RemoteObjects, uploads: RemoteUploads) {
    this.#objects = objects;
    this.#uploads = uploads;
  }

  /** @throws S3Error as the backend names it, InternalError when it has got other bytes; whatever the body throws */
  async write(write: RemoteWrite): Promise<Written> {
    const { body } = write;
    if (body.size !== undefined) {
      if (body.size <= MOST_AT_ONCE) return await this.#put(write, body);
      return await this.writeInParts(write);
    }
    const beginning = await beginningOf(body.chunks, PIECE);
    if ("begun" in beginning) {
      try {
        return await this.writeInParts({ ...write, body: { ...body, chunks: beginning.begun } });
      } finally {
        // A backend that refuses to begin leaves the rest of the body unasked for.
        await beginning.begun.return?.();
      }
    }
    const { whole } = beginning;
    return await this.#put(write, { ...body, chunks: once(whole), size: whole.length });
  }

  /** The same, which replaces nothing before all parts have been compared with what was sent. */
  async writeInParts(write: RemoteWrite): Promise<Written> {
    const staged = await this.stage(write);
    try {
      return await this.publish(staged, write.conditions);
    } catch (thrown) {
      await this.abandon(staged.upload);
      throw thrown;
    }
  }

  /**
   * Brings a body to the backend, where it is no object yet and replaces none: an upload whose parts have been compared
   * with what was sent. S3 takes bodies of unknown size and very large ones in no other way.
   * @throws S3Error as the backend names it, InternalError when it has got other bytes; whatever the body throws
   */
  async stage(write: RemoteWrite): Promise<Staged> {
    const { bucket, key, headers, keyHeaders, body } = write;
    const upload = await this.#uploads.create(bucket, key, headers, undefined);
    try {
      const parts: StagedPart[] = [];
      for await (const part of partsOf(body)) {
        const number = parts.length + 1;
        const { body: sent, md5 } = withMd5(part);
        const done = await this.#uploads.putPart(upload, number, keyHeaders, sent);
        checkMd5(await md5(), done, write.encryption);
        parts.push({ number, etag: done.etag });
      }
      await body.confirmed();
      return { upload, parts };
    } catch (thrown) {
      await this.abandon(upload);
      throw thrown;
    }
  }

  /** Makes an object of a staged body. @throws S3Error as the backend names it */
  async publish({ upload, parts }: Staged, conditions: Headers = {}): Promise<Written> {
    const list = parts.map((part) => ({ ...part, checksum: undefined }));
    return await this.#uploads.complete(upload, list, undefined, conditions);
  }

  /** Takes a staged body away. */
  async abandon(upload: UploadId): Promise<void> {
    await this.#uploads.abort(upload).catch(() => {});
  }

  async #put(write: RemoteWrite, outgoing: OutgoingBody): Promise<Written> {
    const body = await requestBody(outgoing);
    return await this.#objects.put(write.bucket, write.key, {
      ...write.headers,
      ...(body.kind === "bytes" ? write.late?.() : {}),
      ...write.conditions,
    }, body);
  }
}

/** Parts of a body, at least one. */
function partsOf({ chunks, size, provesItself = false }: OutgoingBody): AsyncIterable<RequestBody> {
  if (size === undefined) return smallParts(chunks);
  return size <= SMALL ? onePart(chunks, size) : largeParts(chunks, size, provesItself);
}

async function* onePart(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<RequestBody> {
  yield { kind: "bytes", bytes: await wholeBody(chunks, size) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Parts that are streamed, for a body of known size. */
async function* largeParts(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
  provesItself: boolean,
): AsyncGenerator<RequestBody> {
  const pieces = new Pieces(chunks);
  try {
    for (let left = size; left > 0;) {
      const length = Math.min(left, LARGE_PART);
      yield { kind: "stream", length, chunks: pieces.next(length), provesItself };
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
  let empty = true;
  for await (const chunk of chunks) {
    pending.push(chunk);
    size += chunk.length;
    if (size < PIECE) continue;
    yield { kind: "bytes", bytes: Buffer.concat(pending) };
    pending = [];
    size = 0;
    empty = false;
  }
  if (size > 0 || empty) yield { kind: "bytes", bytes: Buffer.concat(pending) };
}
