import { concurrently } from "../../concurrently.ts";
import type {
  CompleteUpload,
  CreateUpload,
  Metadata,
  ObjectRecord,
  PartAttributes,
  PartPage,
  PartQuery,
  PartRecord,
  PutPart,
  UploadId,
  UploadRecord,
} from "../../store.ts";
import { headersOfKey, headersOfWrite, type KeyRules } from "../encryption-headers.ts";
import { requestBody } from "../remote-body.ts";
import type { RemotePart } from "../remote-upload-documents.ts";
import type { RemoteUploads } from "../remote-uploads.ts";
import { checkMd5, withMd5 } from "../sent-md5.ts";
import type { Current } from "./current.ts";
import type { DareMeta } from "./dare-meta.ts";
import type { MetaDocuments } from "./meta-documents.ts";
import { backendUploadId, dataKey, partMetaKey, uploadMetaKey } from "./names.ts";
import { partRecord } from "./part-revision.ts";
import { plaintextSize } from "./sealed-record.ts";
import { stampHeaders } from "./stamp.ts";
import { dataUpload, type UploadDocuments } from "./upload-documents.ts";
import type { UploadEnd } from "./upload-end.ts";
import { newWriteId } from "./write-id.ts";

/** Documents read at a time. */
const AT_ONCE = 16;

/** What encrypted uploads are kept with. */
export interface UploadParts {
  readonly uploads: RemoteUploads;
  readonly documents: MetaDocuments;
  readonly kept: UploadDocuments;
  readonly end: UploadEnd;
  readonly keyRules: KeyRules;
}

/** Multipart uploads that the gateway encrypts: an upload of the data at the backend, and documents beside it. */
export class SealedUploads {
  readonly #parts: UploadParts;

  constructor(parts: UploadParts) {
    this.#parts = parts;
  }

  async create(
    { bucket, key, metadata, checksum, backend, idMark = "" }: CreateUpload,
  ) {
    const { uploads, documents, keyRules } = this.#parts;
    const write = newWriteId();
    const headers = {
      "content-type": "application/octet-stream",
      ...stampHeaders({ write, metadata: undefined }),
      ...headersOfWrite(backend, keyRules),
    };
    const { uploadId } = await uploads.create(bucket, dataKey(key), headers, undefined);
    const meta: DareMeta = {
      size: 0,
      modified: Date.now(),
      etag: "",
      metadata,
      parts: [],
      own: {
        write,
        ...(idMark === "" ? {} : { idMark }),
        ...(checksum === undefined ? {} : { plan: checksum }),
      },
    };
    try {
      await documents.write(bucket, uploadMetaKey(key, uploadId), meta);
    } catch (thrown) {
      await uploads.abort({ bucket, key: dataKey(key), uploadId }).catch(() => {});
      throw thrown;
    }
    return uploadRecord({ bucket, key, uploadId: `${uploadId}${idMark}` }, meta);
  }

  /** `undefined` when there is none that is encrypted. */
  async get(id: UploadId): Promise<UploadRecord | undefined> {
    const meta = await this.#parts.kept.find(id);
    return meta && uploadRecord(id, meta);
  }

  /** The same by the backend's id, with the one that clients know it by. One that cannot be read is shown to nobody. */
  async listed(id: UploadId): Promise<UploadRecord | undefined> {
    const meta = (await this.#parts.documents.look(id.bucket, uploadMetaKey(id.key, id.uploadId)))?.meta;
    return meta && uploadRecord({ ...id, uploadId: `${id.uploadId}${meta.own?.idMark ?? ""}` }, meta);
  }

  /** @throws S3Error NoSuchUpload */
  async replaceMetadata(id: UploadId, metadata: Metadata): Promise<UploadRecord> {
    const { kept } = this.#parts;
    const meta = { ...await kept.require(id), metadata };
    await kept.write(id, meta);
    return uploadRecord(id, meta);
  }

  /** @throws S3Error NoSuchUpload and as the backend names it; whatever `body` and `attributes` throw */
  async putPart(put: PutPart): Promise<PartRecord> {
    const { bucket, key, uploadId, partNumber, storedSize } = put;
    const { uploads, documents, keyRules } = this.#parts;
    let attributes: PartAttributes | undefined;
    const { body, md5 } = withMd5(
      await requestBody({
        chunks: put.body,
        size: storedSize,
        provesItself: true,
        async confirmed() {
          attributes = await put.attributes();
        },
      }),
    );
    const size = body.kind === "bytes" ? body.bytes.length : body.length;
    const done = await uploads.putPart(
      dataUpload(put),
      partNumber,
      headersOfKey(put.backend, keyRules),
      body,
    );
    if (attributes === undefined) throw new Error("the backend answered before the body had ended");
    // Without its document a part does not count, whatever the backend has of it.
    checkMd5(await md5(), done, put.backend);
    const { etag, checksum } = attributes;
    const part = { size: attributes.size, etag, ...(checksum === undefined ? {} : { checksum }) };
    await documents.write(bucket, partMetaKey(key, backendUploadId(uploadId), partNumber), {
      size,
      modified: undefined,
      etag,
      metadata: {},
      parts: [{ number: partNumber, etag: done.etag, size }],
      own: { size: part.size, parts: [part] },
    });
    const remote = { number: partNumber, etag: done.etag, size, lastModified: done.at };
    return partRecord(remote, part);
  }

  /** Parts whose documents are there. @throws S3Error NoSuchUpload */
  async listParts(id: UploadId, page: PartQuery): Promise<PartPage> {
    const { uploads, end } = this.#parts;
    for (let { after } = page;;) {
      const at = { ...page, after };
      const found = await end.known(id, () => uploads.parts(dataUpload(id), at), page.backend);
      const read = await concurrently(found.parts, AT_ONCE, (part) => this.#part(id, part));
      const parts = read.flatMap((part) => part ?? []);
      const last = found.parts.at(-1);
      if (parts.length > 0 || !found.truncated || last === undefined) {
        return { parts, truncated: found.truncated };
      }
      after = last.number;
    }
  }

  /** As `UploadEnd.complete`. */
  complete(complete: CompleteUpload, current: Current): Promise<ObjectRecord> {
    return this.#parts.end.complete(complete, current);
  }

  /** @throws S3Error NoSuchUpload */
  abort(id: UploadId): Promise<void> {
    return this.#parts.end.abort(id);
  }

  async #part(id: UploadId, remote: RemotePart): Promise<PartRecord | undefined> {
    const { bucket, key, uploadId } = id;
    const found = await this.#parts.documents.read(
      bucket,
      partMetaKey(key, backendUploadId(uploadId), remote.number),
    );
    const [known] = found?.meta.parts ?? [];
    // A document of another upload of this part: the one that belongs here has not been written yet.
    if (found === undefined || known?.etag !== remote.etag) return undefined;
    const { own, etag } = found.meta;
    return partRecord(remote, own?.parts?.[0] ?? { size: plaintextSize(remote.size), etag });
  }
}

function uploadRecord(
  { bucket, key, uploadId }: UploadId,
  { modified, metadata, own }: DareMeta,
): UploadRecord {
  return {
    bucket,
    key,
    uploadId,
    initiatedAt: modified ?? 0,
    metadata,
    ...(own?.plan === undefined ? {} : { checksum: own.plan }),
  };
}
