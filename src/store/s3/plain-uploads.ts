import { S3Error } from "../../errors/s3-error.ts";
import { multipartEtag } from "../multipart-etag.ts";
import type {
  CompleteUpload,
  CreateUpload,
  ObjectRecord,
  PartAttributes,
  PartPage,
  PartRecord,
  PutPart,
  UploadId,
  UploadListQuery,
  UploadPage,
  UploadRecord,
} from "../store.ts";
import { headersOfKey, headersOfWrite, type KeyRules } from "./encryption-headers.ts";
import { headersOf } from "./metadata-headers.ts";
import { requestBody } from "./remote-body.ts";
import { checksumHeader } from "./remote-object.ts";
import type { RemoteObjects, Written } from "./remote-objects.ts";
import { conditionsOf, revisionOf } from "./remote-record.ts";
import type { RemotePart, RemoteUpload } from "./remote-upload-documents.ts";
import type { RemoteUploads } from "./remote-uploads.ts";
import { checkMd5 } from "./sent-md5.ts";

/** Multipart uploads at their own keys of a backend, which knows them by the same ids as the client. */
export class PlainUploads {
  readonly #uploads: RemoteUploads;
  readonly #objects: RemoteObjects;
  readonly #keyRules: KeyRules;

  constructor(uploads: RemoteUploads, objects: RemoteObjects, keyRules: KeyRules) {
    this.#uploads = uploads;
    this.#objects = objects;
    this.#keyRules = keyRules;
  }

  async create({ bucket, key, metadata, checksum, backend }: CreateUpload) {
    const headers = { ...headersOf(metadata), ...headersOfWrite(backend, this.#keyRules) };
    return uploadOf(await this.#uploads.create(bucket, key, headers, checksum), metadata);
  }

  /** The metadata of an upload is nothing that S3 tells before it is an object. @throws S3Error NoSuchUpload */
  async get(id: UploadId): Promise<UploadRecord> {
    const { checksum } = await this.#uploads.parts(id, { after: 0, limit: 1 });
    const { bucket, key, uploadId } = id;
    return uploadOf({ bucket, key, uploadId, initiatedAt: 0, checksum, encryption: {} }, {});
  }

  /** @throws S3Error NoSuchUpload and as the backend names it; whatever `body` and `attributes` throw */
  async putPart(put: PutPart): Promise<PartRecord> {
    const { partNumber, checksum: plan, backend: encryption } = put;
    let attributes: PartAttributes | undefined;
    const header = plan && checksumHeader(plan.algorithm);
    const body = await requestBody({
      chunks: put.body,
      size: put.storedSize,
      async confirmed() {
        attributes = await put.attributes();
      },
      trailer: header === undefined ? undefined : { name: header, value: () => attributes?.checksum ?? "" },
    });
    const checksum = body.kind === "bytes" ? attributes?.checksum : undefined;
    const done = await this.#uploads.putPart(put, partNumber, {
      ...headersOfKey(encryption, this.#keyRules),
      ...(header === undefined || checksum === undefined ? {} : { [header]: checksum }),
    }, body);
    if (attributes === undefined) throw new Error("the backend answered before the body had ended");
    checkMd5(attributes.etag, done, encryption);
    return {
      ...attributes,
      number: partNumber,
      etag: done.etag,
      revision: revisionOf(done.etag, attributes.checksum),
      storedSize: attributes.size,
      lastModified: done.at,
    };
  }

  /** @throws S3Error NoSuchUpload */
  async listParts(id: UploadId, page: { after: number; limit: number }): Promise<PartPage> {
    const { parts, truncated } = await this.#uploads.parts(id, page);
    return { parts: parts.map(partOf), truncated };
  }

  async list(query: UploadListQuery): Promise<UploadPage> {
    const { uploads, prefixes, next } = await this.#uploads.list(query);
    return {
      uploads: uploads.map((upload) => uploadOf(upload, {})),
      prefixes,
      ...(next === undefined ? {} : { next }),
    };
  }

  /** @throws S3Error NoSuchUpload, InvalidPart, PreconditionFailed */
  async complete(complete: CompleteUpload): Promise<ObjectRecord> {
    const { bucket, key, uploadId, attributes, expect, backend } = complete;
    const parts = complete.parts.map(({ number, revision }) => {
      const [etag = "", checksum] = revision.split(" ");
      return { number, etag, checksum };
    });
    const { checksum: plan } = attributes;
    const done = await this.#uploads.complete({ bucket, key, uploadId }, parts, plan, {
      ...(plan === undefined ? {} : { "x-amz-checksum-type": plan.type }),
      ...headersOfKey(backend, this.#keyRules),
      ...conditionsOf(expect),
    }).catch((thrown) => this.#completedBefore(complete, parts, thrown));
    return {
      ...attributes,
      bucket,
      key,
      etag: done.etag,
      revision: revisionOf(done.etag, done.versionId),
      lastModified: done.at,
      storedSize: attributes.size,
      parts: [],
      uploadId,
    };
  }

  /**
   * What the upload became, for a backend whose answer got lost: asked once more it knows no such upload, but has the
   * object that these parts make.
   * @throws whatever was thrown, when there is no such object
   */
  async #completedBefore(
    { bucket, key, backend }: CompleteUpload,
    parts: readonly Pick<RemotePart, "etag">[],
    thrown: unknown,
  ): Promise<Omit<Written, "answer">> {
    if (!(thrown instanceof S3Error) || thrown.code !== "NoSuchUpload") throw thrown;
    const object = await this.#objects.head(bucket, key, backend);
    if (object?.etag !== multipartEtag(parts.map(({ etag }) => etag))) throw thrown;
    const { etag, versionId, lastModified: at } = object;
    return { etag, versionId, at };
  }

  /** @throws S3Error NoSuchUpload */
  abort(id: UploadId): Promise<void> {
    return this.#uploads.abort(id);
  }
}

function uploadOf(upload: RemoteUpload, metadata: UploadRecord["metadata"]): UploadRecord {
  const { bucket, key, uploadId, initiatedAt, checksum, encryption } = upload;
  return {
    bucket,
    key,
    uploadId,
    initiatedAt,
    metadata,
    ...(checksum === undefined ? {} : { checksum }),
    ...(Object.keys(encryption).length === 0 ? {} : { backendHeaders: encryption }),
  };
}

function partOf({ number, etag, size, lastModified, checksum }: RemotePart): PartRecord {
  return {
    number,
    etag,
    size,
    storedSize: size,
    lastModified,
    revision: revisionOf(etag, checksum),
    ...(checksum === undefined ? {} : { checksum }),
  };
}
