import { S3Error } from "../../../errors/s3-error.ts";
import { concurrently } from "../../concurrently.ts";
import type {
  CompleteUpload,
  CreateUpload,
  Expectation,
  Metadata,
  ObjectRecord,
  PartAttributes,
  PartPage,
  PartRecord,
  PutPart,
  UploadId,
  UploadRecord,
} from "../../store.ts";
import { headersOfKey, headersOfWrite, type KeyRules } from "../encryption-headers.ts";
import type { KeyLocks } from "../key-locks.ts";
import { isRefusal } from "../refusal.ts";
import { requestBody } from "../remote-body.ts";
import { checkExpectation } from "../remote-record.ts";
import type { RemoteObjects } from "../remote-objects.ts";
import type { RemotePart, RemoteUploads } from "../remote-uploads.ts";
import { checkMd5, withMd5 } from "../sent-md5.ts";
import type { Commits } from "./commits.ts";
import type { DareMeta } from "./dare-meta.ts";
import type { MetaDocuments } from "./meta-documents.ts";
import { backendUploadId, dataKey, metaKey, partMetaKey, uploadFolder, uploadMetaKey } from "./names.ts";
import { parsePartRevision, partRecord } from "./part-revision.ts";
import type { Overwrites } from "./overwrites.ts";
import type { NamesBelow } from "./recovery.ts";
import type { Current, Hiding } from "./sealed-objects.ts";
import { type FoundMeta, plaintextSize, sealedRecord } from "./sealed-record.ts";
import { stampHeaders, stampOf } from "./stamp.ts";
import { newWriteId } from "./write-id.ts";

/** Documents read or deleted at a time. */
const AT_ONCE = 16;

/** What encrypted uploads are kept with. */
export interface UploadParts {
  readonly uploads: RemoteUploads;
  readonly documents: MetaDocuments;
  readonly commits: Commits;
  readonly overwrites: Overwrites;
  readonly namesBelow: NamesBelow;
  readonly objects: RemoteObjects;
  readonly keyRules: KeyRules;
  readonly locks: KeyLocks;
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
    const meta = await this.#meta(id);
    return meta && uploadRecord(id, meta);
  }

  /** The same by the backend's id, with the one that clients know it by. One that cannot be read is shown to nobody. */
  async listed(id: UploadId): Promise<UploadRecord | undefined> {
    const meta = (await this.#parts.documents.look(id.bucket, uploadMetaKey(id.key, id.uploadId)))?.meta;
    return meta && uploadRecord({ ...id, uploadId: `${id.uploadId}${meta.own?.idMark ?? ""}` }, meta);
  }

  /** @throws S3Error NoSuchUpload */
  async replaceMetadata(id: UploadId, metadata: Metadata): Promise<UploadRecord> {
    const meta = { ...await this.#requireMeta(id), metadata };
    await this.#parts.documents.write(id.bucket, metaOf(id), meta);
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
  async listParts(id: UploadId, page: { after: number; limit: number }): Promise<PartPage> {
    for (let { after } = page;;) {
      const at = { ...page, after };
      const found = await this.#known(id, () => this.#parts.uploads.parts(dataUpload(id), at));
      const read = await concurrently(found.parts, AT_ONCE, (part) => this.#part(id, part));
      const parts = read.flatMap((part) => part ?? []);
      const last = found.parts.at(-1);
      if (parts.length > 0 || !found.truncated || last === undefined) {
        return { parts, truncated: found.truncated };
      }
      after = last.number;
    }
  }

  /**
   * Completes the upload at the backend and lets the caller take away what that hides.
   * @throws S3Error NoSuchUpload, InvalidPart, PreconditionFailed
   */
  async complete(
    complete: CompleteUpload,
    current: Current,
    hiding: Hiding,
  ): Promise<ObjectRecord> {
    const { bucket, key, expect } = complete;
    const { documents, locks } = this.#parts;
    return await locks.hold(bucket, key, async () => {
      const begun = await this.#requireMeta(complete);
      if (expect !== undefined) checkExpectation(expect, await current(bucket, key));
      const meta = finishedMeta(complete, begun);
      const hidden = hiding();
      // Beside the upload first: from there it is put in its place if this process ends before it does it.
      // It stays an upload that can be completed again, whose id and checksum are as they were begun.
      await documents.write(bucket, metaOf(complete), { ...meta, own: { ...begun.own, ...meta.own } });
      const hide = await hidden;
      const undo = async () => void await documents.write(bucket, metaOf(complete), begun).catch(() => {});
      const found = expect === undefined
        ? await this.#publish(complete, meta, undo)
        : await this.#publishExpecting(complete, meta, undo, expect);
      await hide();
      await this.#clear(complete);
      return sealedRecord(bucket, key, found);
    });
  }

  /** @throws S3Error NoSuchUpload */
  async abort(id: UploadId): Promise<void> {
    const meta = await this.#requireMeta(id);
    if (meta.parts.length > 0) await this.#finishCommitted(id);
    await this.#known(id, () => this.#parts.uploads.abort(dataUpload(id)));
    await this.#clear(id);
  }

  async #publish(id: CompleteUpload, meta: DareMeta, undo: () => Promise<void>): Promise<FoundMeta> {
    const { bucket, key, backend: encryption } = id;
    const { uploads, overwrites } = this.#parts;
    const parts = meta.parts.map(({ number, etag }) => ({ number, etag, checksum: undefined }));
    const before = await overwrites.before(bucket, key);
    let data: string;
    try {
      ({ etag: data } = await uploads.complete(dataUpload(id), parts, undefined, {}));
    } catch (thrown) {
      if (isGone(thrown)) await this.#settle(id);
      else if (isRefusal(thrown)) await undo();
      throw thrown;
    }
    const own = { ...meta.own, data };
    return await overwrites.describe({ bucket, key, meta: { ...meta, own }, before, encryption });
  }

  async #publishExpecting(
    id: UploadId,
    meta: DareMeta,
    undo: () => Promise<void>,
    expect: Expectation,
  ): Promise<FoundMeta> {
    const { bucket, key } = id;
    const data = { upload: dataUpload(id), parts: meta.parts };
    return await this.#parts.commits.commit({ bucket, key, expect, meta, data, undo });
  }

  /**
   * An upload that was cut off on its way into its place is the object already, and can not be aborted any more.
   * @throws S3Error NoSuchUpload
   */
  async #finishCommitted(id: UploadId): Promise<void> {
    const { bucket, key, uploadId } = id;
    const { documents, commits } = this.#parts;
    const current = await documents.read(bucket, metaKey(key));
    if (current?.meta.own?.staged?.uploadId !== backendUploadId(uploadId)) return;
    await commits.finish(bucket, key, current.meta);
    await this.#clear(id);
    throw new S3Error("NoSuchUpload");
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

  async #meta(id: UploadId): Promise<DareMeta | undefined> {
    if (id.uploadId === "" || id.uploadId.includes("/")) return undefined;
    return await this.#document(id.bucket, metaOf(id));
  }

  async #document(bucket: string, name: string): Promise<DareMeta | undefined> {
    return (await this.#parts.documents.read(bucket, name))?.meta;
  }

  async #requireMeta(id: UploadId): Promise<DareMeta> {
    const meta = await this.#meta(id);
    if (meta === undefined) throw new S3Error("NoSuchUpload");
    return meta;
  }

  /** Asks the backend about an upload. One that it does not know any more leaves nothing behind here either. */
  async #known<T>(id: UploadId, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (thrown) {
      if (isGone(thrown)) await this.#parts.locks.hold(id.bucket, id.key, () => this.#settle(id));
      throw thrown;
    }
  }

  /** Ends what a gateway began that was cut off after the backend had completed an upload. */
  async #settle(id: UploadId): Promise<void> {
    const { bucket, key, uploadId } = id;
    const { overwrites } = this.#parts;
    const meta = await this.#meta(id);
    if (meta === undefined) return;
    const before = await overwrites.before(bucket, key);
    const published = backendUploadId(before?.meta?.own?.uploadId ?? "") === backendUploadId(uploadId);
    if (!published && meta.parts.length > 0 && await this.#isData(bucket, key, meta)) {
      await overwrites.describe({ bucket, key, meta, before, encryption: undefined });
    }
    await this.#clear(id);
  }

  /** Whether the data of a key is what a document describes. */
  async #isData(bucket: string, key: string, { size, own }: DareMeta): Promise<boolean> {
    const data = await this.#parts.objects.head(bucket, dataKey(key));
    return data?.size === size && own?.write !== undefined && stampOf(data.metadata)?.write === own.write;
  }

  /** Takes away what was kept of an upload, last the document that it is found by. */
  async #clear(id: UploadId): Promise<void> {
    const { bucket, key, uploadId } = id;
    const { namesBelow, objects } = this.#parts;
    const own = metaOf(id);
    const names = (await namesBelow(bucket, uploadFolder(key, backendUploadId(uploadId)))).filter((name) =>
      name !== own
    );
    await concurrently(names, AT_ONCE, (name) => objects.delete(bucket, name));
    await objects.delete(bucket, own);
  }
}

function isGone(thrown: unknown): boolean {
  return thrown instanceof S3Error && thrown.code === "NoSuchUpload";
}

/** Where what is known of an upload lies. */
function metaOf({ key, uploadId }: UploadId): string {
  return uploadMetaKey(key, backendUploadId(uploadId));
}

/** The upload of the data at the backend. */
function dataUpload({ bucket, key, uploadId }: UploadId): UploadId {
  return { bucket, key: dataKey(key), uploadId: backendUploadId(uploadId) };
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

function finishedMeta({ uploadId, parts: chosen, attributes }: CompleteUpload, begun: DareMeta): DareMeta {
  const parts = chosen.map(({ number, revision }) => {
    const { remote, part } = parsePartRevision(number, revision);
    return { ...remote, own: part };
  });
  const { checksum } = attributes;
  const write = begun.own?.write;
  return {
    size: parts.reduce((sum, { size }) => sum + size, 0),
    modified: Date.now(),
    etag: attributes.etag,
    metadata: attributes.metadata,
    parts: parts.map(({ number, etag, size }) => ({ number, etag, size })),
    own: {
      ...(write === undefined ? {} : { write }),
      size: attributes.size,
      uploadId,
      ...(checksum === undefined ? {} : { checksum }),
      parts: parts.map(({ own }) => own),
    },
  };
}
