import { S3Error } from "../../errors/s3-error.ts";
import type { ChecksumPlan, UploadId, UploadListQuery } from "../store.ts";
import { type Backend, wholeOf } from "./client/backend.ts";
import { errorOf, errorWithin } from "./client/backend-error.ts";
import { foreign } from "./client/foreign.ts";
import type { RequestBody } from "./client/request-body.ts";
import { encryptionOf } from "./encryption-headers.ts";
import { elementText } from "./remote-document.ts";
import { dateOf, type Written, written } from "./remote-objects.ts";
import {
  completedEtag,
  completion,
  partsIn,
  type RemotePart,
  type RemoteParts,
  type RemoteUpload,
  type RemoteUploadPage,
  uploadsIn,
} from "./remote-upload-documents.ts";

/** Room for 1000 parts with their checksums, or for 1000 uploads with keys of 1024 escaped bytes. */
const MAX_DOCUMENT = 8 * 2 ** 20;
/** How long a backend may take to put parts together, in milliseconds. */
const COMPLETION_PATIENCE = 10 * 60_000;

/** Multipart uploads of a backend. */
export class RemoteUploads {
  readonly #backend: Backend;
  #encodesKeys = true;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** @param headers of metadata and encryption */
  async create(
    bucket: string,
    key: string,
    headers: Readonly<Record<string, string>>,
    checksum: ChecksumPlan | undefined,
  ): Promise<RemoteUpload> {
    const answer = await this.#backend.call({
      method: "POST",
      bucket,
      key,
      query: [["uploads", ""]],
      headers: {
        ...headers,
        ...(checksum === undefined ? {} : {
          "x-amz-checksum-algorithm": checksum.algorithm,
          "x-amz-checksum-type": checksum.type,
        }),
      },
      repeatable: false,
    });
    const document = await wholeOf(answer, MAX_DOCUMENT);
    const agreed = answer.headers.get("x-amz-checksum-algorithm") === checksum?.algorithm;
    return {
      bucket,
      key,
      uploadId: required(elementText(document, "UploadId")),
      initiatedAt: dateOf(answer),
      checksum: agreed ? checksum : undefined,
      encryption: encryptionOf(answer.headers),
    };
  }

  /** @param headers of encryption and checksum */
  async putPart(
    { bucket, key, uploadId }: UploadId,
    number: number,
    headers: Readonly<Record<string, string>>,
    body: RequestBody,
  ): Promise<Written> {
    const answer = await this.#backend.done({
      method: "PUT",
      bucket,
      key,
      query: [["partNumber", String(number)], ["uploadId", known(uploadId)]],
      headers,
      body,
      repeatable: true,
    });
    return written(answer);
  }

  /** @throws S3Error NoSuchUpload */
  async parts(
    { bucket, key, uploadId }: UploadId,
    page: { readonly after: number; readonly limit: number },
  ): Promise<RemoteParts> {
    const document = await this.#backend.document({
      method: "GET",
      bucket,
      key,
      query: [
        // Not that numbers need it: the answer repeats the key.
        ["encoding-type", "url"],
        ["max-parts", String(page.limit)],
        ["part-number-marker", String(page.after)],
        ["uploadId", known(uploadId)],
      ],
      repeatable: true,
    }, MAX_DOCUMENT).catch((thrown) => Promise.reject(withUpload(thrown)));
    const found = partsIn(document, page.after);
    if (found.truncated && found.parts.length === 0) throw foreign("a list of parts without end");
    return found;
  }

  /**
   * @param headers of encryption and conditions
   * @throws S3Error NoSuchUpload, InvalidPart and as the backend names it
   */
  async complete(
    { bucket, key, uploadId }: UploadId,
    parts: readonly Pick<RemotePart, "number" | "etag" | "checksum">[],
    plan: ChecksumPlan | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<Written> {
    const answer = await this.#backend.ask({
      method: "POST",
      bucket,
      key,
      query: [["uploadId", known(uploadId)]],
      headers: { "Content-Type": "application/xml", ...headers },
      body: { kind: "bytes", bytes: completion(parts, plan) },
      repeatable: !("If-Match" in headers || "If-None-Match" in headers),
      patience: COMPLETION_PATIENCE,
    });
    if (answer.status !== 200) {
      const error = await errorOf(answer);
      // RADOS Gateway takes an upload that it does not know for one that is being completed.
      if (error.shownCode === "InternalError") {
        await this.parts({ bucket, key, uploadId }, { after: 0, limit: 1 });
      }
      throw error;
    }
    const bytes = await wholeOf(answer, MAX_DOCUMENT);
    const failed = errorWithin(bytes);
    if (failed !== undefined) throw failed;
    return written(answer, completedEtag(bytes, parts));
  }

  /** @throws S3Error NoSuchUpload */
  async abort({ bucket, key, uploadId }: UploadId): Promise<void> {
    await this.#backend.done({
      method: "DELETE",
      bucket,
      key,
      query: [["uploadId", known(uploadId)]],
      repeatable: true,
    });
  }

  /** A page of uploads as the backend orders them. @throws S3Error InternalError for one that does not lead on */
  async list(query: UploadListQuery): Promise<RemoteUploadPage> {
    const page = await this.#list(query);
    const { uploads, prefixes, encoded } = page;
    if (encoded || !this.#encodesKeys || uploads.length + prefixes.length === 0) return page;
    // RADOS Gateway encodes keys without a word about it, and no markers. It writes them as they are, too.
    this.#encodesKeys = false;
    return await this.#list(query);
  }

  async #list(query: UploadListQuery): Promise<RemoteUploadPage> {
    const { bucket, prefix, delimiter, afterKey, afterUploadId, limit } = query;
    const document = await this.#backend.document({
      method: "GET",
      bucket,
      query: [
        ["uploads", ""],
        ...(this.#encodesKeys ? [["encoding-type", "url"] as const] : []),
        ["max-uploads", String(limit)],
        ["prefix", prefix],
        ...(delimiter === "" ? [] : [["delimiter", delimiter] as const]),
        ...(afterKey === "" ? [] : [["key-marker", afterKey] as const]),
        ...(afterUploadId === "" ? [] : [["upload-id-marker", afterUploadId] as const]),
      ],
      repeatable: true,
    }, MAX_DOCUMENT);
    const page = uploadsIn(document, bucket);
    const { next } = page;
    if (next?.key === "" || (next?.key === afterKey && next.uploadId === afterUploadId)) {
      throw foreign("a list of uploads without end");
    }
    return page;
  }
}

/** RADOS Gateway speaks of a key where it knows no such upload. */
function withUpload(thrown: unknown): unknown {
  return thrown instanceof S3Error && thrown.code === "NoSuchKey"
    ? new S3Error("NoSuchUpload", { cause: thrown })
    : thrown;
}

/**
 * Without an id RADOS Gateway writes or deletes the object itself.
 * @throws S3Error NoSuchUpload
 */
function known(uploadId: string): string {
  if (uploadId === "") throw new S3Error("NoSuchUpload");
  return uploadId;
}

function required(uploadId: string): string {
  if (uploadId === "") throw foreign("an upload without an id");
  return uploadId;
}
