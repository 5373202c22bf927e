import { S3Error } from "../../errors/s3-error.ts";
import type { BackendEncryption } from "../store.ts";
import { type AnswerBody, BrokenAnswer } from "./client/answer-body.ts";
import { type Backend, unreachable } from "./client/backend.ts";
import { errorOf } from "./client/backend-error.ts";
import type { Answer } from "./client/answer.ts";
import { foreign } from "./client/foreign.ts";
import type { RequestBody } from "./client/request-body.ts";
import { headersOfKey, type KeyRules } from "./encryption-headers.ts";
import { isRefusal } from "./refusal.ts";
import { etagOf, type RemoteObject, remoteObject, versionOf } from "./remote-object.ts";
import { conditionsOf } from "./remote-record.ts";

/** How often a small object is asked for whose answer breaks off. */
const DOCUMENT_ATTEMPTS = 3;

/** Bytes of an object on their way, `[start, start + length)`. */
export interface RemoteBytes {
  readonly object: RemoteObject;
  readonly body: AnswerBody;
}

/** Which bytes are wanted, and of which object. */
export interface ByteQuery {
  readonly encryption: BackendEncryption | undefined;
  /** All of them unless given; not empty. */
  readonly range?: { readonly start: number; readonly length: number };
  /** Only of an object with this ETag. */
  readonly etag?: string;
}

/** What a backend says once it has an object. */
export interface Written {
  readonly etag: string;
  readonly versionId: string | undefined;
  /** Milliseconds since the epoch, by the backend's clock. */
  readonly at: number;
  readonly answer: Answer;
}

/** Objects of a backend, each exactly as it is there. */
export class RemoteObjects {
  readonly #backend: Backend;
  readonly #keyRules: KeyRules;

  constructor(backend: Backend, keyRules: KeyRules) {
    this.#backend = backend;
    this.#keyRules = keyRules;
  }

  /**
   * `undefined` when there is none.
   * @throws S3Error NoSuchBucket; the backend's own for a missing or wrong key
   */
  async head(
    bucket: string,
    key: string,
    encryption?: BackendEncryption,
  ): Promise<RemoteObject | undefined> {
    const answer = await this.#backend.ask({
      method: "HEAD",
      bucket,
      key,
      headers: { "x-amz-checksum-mode": "ENABLED", ...headersOfKey(encryption, this.#keyRules) },
      repeatable: true,
    });
    answer.body.cancel();
    if (answer.status === 200) return remoteObject(answer.headers, sizeOf(answer));
    if (isMissing(answer)) return await this.#requireBucket(bucket);
    // HEAD has no document that says what is wrong. One byte of the object has.
    const told = await this.#backend.ask({
      method: "GET",
      bucket,
      key,
      headers: { "Range": "bytes=0-0", ...headersOfKey(encryption, this.#keyRules) },
      repeatable: true,
    });
    if (told.status >= 400) throw await errorOf(told);
    told.body.cancel();
    throw await errorOf(answer);
  }

  /** The ETag of an object under no key of a customer; `undefined` when there is none. */
  async etagOf(bucket: string, key: string): Promise<string | undefined> {
    const answer = await this.#backend.ask({ method: "HEAD", bucket, key, repeatable: true });
    answer.body.cancel();
    if (isMissing(answer)) return undefined;
    if (answer.status === 200) return etagOf(answer.headers);
    throw await errorOf(answer);
  }

  /**
   * Begins to read. `undefined` when there is no such object, or none with that ETag any more.
   * @throws S3Error NoSuchBucket; InvalidRange when the object ends before the range does; InternalError when the backend
   * sends something else than was asked for
   */
  async get(bucket: string, key: string, query: ByteQuery): Promise<RemoteBytes | undefined> {
    const { encryption, range, etag } = query;
    const answer = await this.#backend.ask({
      method: "GET",
      bucket,
      key,
      headers: {
        ...(range === undefined
          ? { "x-amz-checksum-mode": "ENABLED" }
          : { "Range": `bytes=${range.start}-${range.start + range.length - 1}` }),
        ...(etag === undefined ? {} : { "If-Match": `"${etag}"` }),
        ...headersOfKey(encryption, this.#keyRules),
      },
      repeatable: true,
    });
    if (answer.status === 404 || answer.status === 412) {
      const error = await errorOf(answer);
      if (error.code === "NoSuchKey" || error.code === "PreconditionFailed") return undefined;
      throw error;
    }
    if (answer.status !== 200 && answer.status !== 206) throw await errorOf(answer);
    try {
      const object = remoteObject(answer.headers, checkedSize(answer, range));
      if (etag !== undefined && object.etag !== etag) throw foreign("the bytes of another object");
      return { object, body: answer.body };
    } catch (thrown) {
      answer.body.cancel();
      throw thrown;
    }
  }

  /**
   * A small object whole; `undefined` when there is none.
   * @param most bytes that it may have
   * @returns no bytes of a larger one
   */
  async document(
    bucket: string,
    key: string,
    most: number,
  ): Promise<{ readonly bytes: Uint8Array | undefined; readonly object: RemoteObject } | undefined> {
    for (let left = DOCUMENT_ATTEMPTS - 1;; left--) {
      const found = await this.get(bucket, key, { encryption: undefined });
      if (found === undefined) return undefined;
      const { object, body } = found;
      if (object.size > most) {
        body.cancel();
        return { bytes: undefined, object };
      }
      try {
        return { bytes: await body.whole(most), object };
      } catch (thrown) {
        if (!(thrown instanceof BrokenAnswer)) throw thrown;
        if (left === 0) throw unreachable(thrown);
      }
    }
  }

  /**
   * @param headers of metadata, encryption and conditions
   * @throws S3Error as the backend names it, whatever the body throws
   */
  async put(
    bucket: string,
    key: string,
    headers: Readonly<Record<string, string>>,
    body: RequestBody,
  ): Promise<Written> {
    const conditional = "If-Match" in headers || "If-None-Match" in headers;
    const answer = await this.#backend.done({
      method: "PUT",
      bucket,
      key,
      headers,
      body,
      repeatable: !conditional,
    });
    return written(answer);
  }

  /** @param conditions headers of conditions @throws S3Error NoSuchBucket, PreconditionFailed */
  async delete(
    bucket: string,
    key: string,
    conditions: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.#backend.done({ method: "DELETE", bucket, key, headers: conditions, repeatable: true });
  }

  /**
   * Deletes that very object, or whatever there is on a backend that knows no conditions of deletions.
   * @returns whether it is gone by this; not when there is another one, or none
   */
  async deleteExactly(bucket: string, key: string, etag: string): Promise<boolean> {
    try {
      await this.delete(bucket, key, conditionsOf({ revision: etag }));
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      // Some servers refuse all conditions.
      if (await this.etagOf(bucket, key) !== etag) return false;
      await this.delete(bucket, key);
    }
    return true;
  }

  /** Nothing, when the bucket is there. @throws S3Error NoSuchBucket */
  async #requireBucket(bucket: string): Promise<undefined> {
    const answer = await this.#backend.ask({ method: "HEAD", bucket, repeatable: true });
    answer.body.cancel();
    if (answer.status === 404) throw new S3Error("NoSuchBucket");
    return undefined;
  }
}

/** What a backend tells of something that it has written. @throws S3Error InternalError as `etagOf` */
export function written(answer: Answer, etag = etagOf(answer.headers)): Written {
  return { etag, versionId: versionOf(answer.headers), at: dateOf(answer), answer };
}

/** Milliseconds since the epoch, by the backend's clock where it tells. */
export function dateOf({ headers }: Answer): number {
  const date = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(date) ? Date.now() : date;
}

function isMissing({ status, headers }: Answer): boolean {
  return status === 404 || (status === 405 && headers.get("x-amz-delete-marker") === "true");
}

function sizeOf({ headers }: Answer): number {
  const text = headers.get("content-length") ?? "";
  if (!/^\d{1,15}$/.test(text)) throw foreign("an object of no size");
  return Number(text);
}

/** The size of the whole object, after a look at whether the answer holds what was asked for. */
function checkedSize(answer: Answer, range: ByteQuery["range"]): number {
  const length = sizeOf(answer);
  if (range === undefined) {
    if (answer.status === 200) return length;
    throw foreign("a piece of the object for the whole");
  }
  if (answer.status === 200) {
    if (range.start === 0 && length < range.length) throw new S3Error("InvalidRange");
    if (range.start === 0 && length === range.length) return length;
    throw foreign("the whole object for a piece");
  }
  const [, first, last, total] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(
    answer.headers.get("content-range") ?? "",
  ) ?? [];
  const sent = Number(last) + 1 - Number(first);
  if (Number(first) !== range.start || length !== sent) throw foreign("another range than was asked for");
  if (length < range.length && Number(last) + 1 === Number(total)) throw new S3Error("InvalidRange");
  if (length !== range.length) throw foreign("another range than was asked for");
  return Number(total);
}
