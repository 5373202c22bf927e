import { S3Error } from "../../../errors/s3-error.ts";
import type { BackendEncryption, CompleteUpload, Expectation, ObjectRecord, UploadId } from "../../store.ts";
import type { KeyLocks } from "../key-locks.ts";
import { isRefusal } from "../refusal.ts";
import type { RemoteObjects } from "../remote-objects.ts";
import { checkExpectation } from "../remote-record.ts";
import type { RemoteUploads } from "../remote-uploads.ts";
import type { Commits } from "./commits.ts";
import type { Current } from "./current.ts";
import type { DareMeta } from "./dare-meta.ts";
import { lookWhatIsHidden } from "./hiding.ts";
import type { MetaDocuments } from "./meta-documents.ts";
import { backendUploadId, dataKey, metaKey } from "./names.ts";
import type { Overwrites } from "./overwrites.ts";
import { parsePartRevision } from "./part-revision.ts";
import { type FoundMeta, sealedRecord } from "./sealed-record.ts";
import { stampOf } from "./stamp.ts";
import { dataUpload, type UploadDocuments } from "./upload-documents.ts";

/** What uploads are ended with. */
export interface UploadEndParts {
  readonly uploads: RemoteUploads;
  readonly objects: RemoteObjects;
  readonly documents: MetaDocuments;
  readonly kept: UploadDocuments;
  readonly commits: Commits;
  readonly overwrites: Overwrites;
  readonly locks: KeyLocks;
}

/** Ends multipart uploads that the gateway encrypts, also those that another gateway did not come to end. */
export class UploadEnd {
  readonly #parts: UploadEndParts;

  constructor(parts: UploadEndParts) {
    this.#parts = parts;
  }

  /**
   * Completes the upload at the backend, and takes away what it hides then.
   * @param current asked under the lock of the key
   * @throws S3Error NoSuchUpload, InvalidPart, PreconditionFailed
   */
  async complete(complete: CompleteUpload, current: Current): Promise<ObjectRecord> {
    const { bucket, key, expect } = complete;
    const { objects, kept, locks } = this.#parts;
    return await locks.hold(bucket, key, async () => {
      const begun = await kept.require(complete);
      if (expect !== undefined) checkExpectation(expect, await current(bucket, key));
      const meta = finishedMeta(complete, begun);
      const hidden = lookWhatIsHidden(objects, bucket, key);
      // Beside the upload first: from there it is put in its place if this process ends before it does it.
      // It stays an upload that can be completed again, whose id and checksum are as they were begun.
      await kept.write(complete, { ...meta, own: { ...begun.own, ...meta.own } });
      const hide = await hidden;
      const undo = () => kept.write(complete, begun).catch(() => {});
      const found = expect === undefined
        ? await this.#publish(complete, meta, undo)
        : await this.#publishExpecting(complete, meta, undo, expect);
      await hide();
      await kept.clear(complete);
      return sealedRecord(bucket, key, found);
    });
  }

  /** @throws S3Error NoSuchUpload */
  async abort(id: UploadId): Promise<void> {
    const { kept, uploads } = this.#parts;
    const meta = await kept.require(id);
    if (meta.parts.length > 0) await this.#finishCommitted(id);
    await this.known(id, () => uploads.abort(dataUpload(id)));
    await kept.clear(id);
  }

  /** Asks the backend about an upload. One that it does not know any more leaves nothing behind here either. */
  async known<T>(id: UploadId, ask: () => Promise<T>, encryption?: BackendEncryption): Promise<T> {
    try {
      return await ask();
    } catch (thrown) {
      if (isGone(thrown)) {
        await this.#parts.locks.hold(id.bucket, id.key, () => this.#settle(id, encryption));
      }
      throw thrown;
    }
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
      if (isGone(thrown)) await this.#settle(id, encryption);
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
    const { documents, kept, commits } = this.#parts;
    const current = await documents.read(bucket, metaKey(key));
    if (current?.meta.own?.staged?.uploadId !== backendUploadId(uploadId)) return;
    await commits.finish(bucket, key, current.meta);
    await kept.clear(id);
    throw new S3Error("NoSuchUpload");
  }

  /**
   * Ends what a gateway began that was cut off after the backend had completed an upload. Where it takes a customer's key
   * to see what became of it, that is left to whoever has the key.
   */
  async #settle(id: UploadId, encryption?: BackendEncryption): Promise<void> {
    const { bucket, key, uploadId } = id;
    const { kept, overwrites } = this.#parts;
    const meta = await kept.find(id);
    if (meta === undefined) return;
    const before = await overwrites.before(bucket, key);
    const published = backendUploadId(before?.meta?.own?.uploadId ?? "") === backendUploadId(uploadId);
    if (!published && meta.parts.length > 0) {
      const isData = await this.#isData(bucket, key, meta, encryption);
      if (isData === undefined) return;
      if (isData) await overwrites.describe({ bucket, key, meta, before, encryption });
    }
    await kept.clear(id);
  }

  /** Whether the data of a key is what a document describes; `undefined` when it is under another key than this. */
  async #isData(
    bucket: string,
    key: string,
    { size, own }: DareMeta,
    encryption: BackendEncryption | undefined,
  ): Promise<boolean | undefined> {
    try {
      const data = await this.#parts.objects.head(bucket, dataKey(key), encryption);
      return data?.size === size && own?.write !== undefined && stampOf(data.metadata)?.write === own.write;
    } catch (thrown) {
      if (isRefusal(thrown)) return undefined;
      throw thrown;
    }
  }
}

function isGone(thrown: unknown): boolean {
  return thrown instanceof S3Error && thrown.code === "NoSuchUpload";
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
