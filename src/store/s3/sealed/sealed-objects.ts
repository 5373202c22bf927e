import { S3Error } from "../../../errors/s3-error.ts";
import { STORAGE_CLASS } from "../../storage-class.ts";
import type {
  ListedObject,
  ObjectAttributes,
  ObjectHandle,
  ObjectRecord,
  OpenOptions,
  PutObject,
  ReplaceAttributes,
} from "../../store.ts";
import { checkExpectation } from "../remote-record.ts";
import type { Current } from "./current.ts";
import type { DareMeta } from "./dare-meta.ts";
import type { MetaDocuments } from "./meta-documents.ts";
import { metaKey } from "./names.ts";
import type { Recovery } from "./recovery.ts";
import { SealedReader } from "./sealed-reader.ts";
import { type FoundMeta, sealedRecord } from "./sealed-record.ts";
import { SealedWrite, type WriteParts } from "./sealed-write.ts";

/** What encrypted objects are kept with. */
export interface SealedParts extends WriteParts {
  readonly documents: MetaDocuments;
  readonly recovery: Recovery;
}

/** Objects that the gateway encrypted, in MinIO's layout. */
export class SealedObjects {
  readonly #parts: SealedParts;

  constructor(parts: SealedParts) {
    this.#parts = parts;
  }

  /** @throws S3Error NoSuchBucket, XMinioObjectTampered */
  async head(bucket: string, key: string): Promise<ObjectRecord | undefined> {
    const found = await this.#parts.documents.read(bucket, metaKey(key));
    return found && sealedRecord(bucket, key, found);
  }

  /** @throws S3Error NoSuchBucket, XMinioObjectTampered */
  async open(bucket: string, key: string, { backend }: OpenOptions = {}): Promise<ObjectHandle | undefined> {
    const found = await this.#parts.documents.read(bucket, metaKey(key));
    if (found === undefined) return undefined;
    const record = sealedRecord(bucket, key, found);
    const reader = new SealedReader({ ...this.#parts, bucket, key, found, encryption: backend });
    return { record, read: (start, length) => reader.read(start, length), close() {} };
  }

  /**
   * Writes one, and takes away what it hides then.
   * @param current asked under the lock of the key
   * @throws S3Error PreconditionFailed and as the backend names it; whatever `body` and `attributes` throw
   */
  async put(put: PutObject, current: Current): Promise<ObjectRecord> {
    return await new SealedWrite(this.#parts, put, current).run();
  }

  /** @throws S3Error NoSuchKey, PreconditionFailed */
  async replaceAttributes(change: ReplaceAttributes): Promise<ObjectRecord> {
    const { bucket, key, revision, attributes, keepDate } = change;
    const { documents, locks } = this.#parts;
    return await locks.hold(bucket, key, async () => {
      const found = await documents.read(bucket, metaKey(key));
      if (found === undefined) throw new S3Error("NoSuchKey");
      checkExpectation({ revision }, sealedRecord(bucket, key, found));
      const changed = await documents.write(
        bucket,
        metaKey(key),
        changedMeta(found, attributes, keepDate === true),
        { revision: found.etag },
      );
      return sealedRecord(bucket, key, changed);
    });
  }

  /** What a listing shows of it. One whose document cannot be read is left to whoever opens it. */
  async listed(bucket: string, key: string): Promise<ListedObject | undefined> {
    try {
      const record = await this.head(bucket, key);
      if (record === undefined) return undefined;
      const { size, etag, lastModified, checksum, metadata } = record;
      return {
        key,
        size,
        etag,
        lastModified,
        storageClass: metadata[STORAGE_CLASS],
        metadata,
        ...(checksum === undefined
          ? {}
          : { checksum: { algorithm: checksum.algorithm, type: checksum.type } }),
      };
    } catch (thrown) {
      if (thrown instanceof S3Error && thrown.code === "XMinioObjectTampered") return undefined;
      throw thrown;
    }
  }

  /** Whether there is one. */
  async has(bucket: string, key: string): Promise<boolean> {
    return await this.#parts.documents.etagOf(bucket, metaKey(key)) !== undefined;
  }
}

/** Data and parts stay as they are, and so does what tells that they belong together. */
function changedMeta(
  { meta }: FoundMeta,
  { size, etag, metadata, checksum }: ObjectAttributes,
  keepDate: boolean,
): DareMeta {
  const { checksum: _former, ...own } = meta.own ?? {};
  return {
    ...meta,
    modified: keepDate ? meta.modified : Date.now(),
    etag,
    metadata,
    own: { ...own, size, ...(checksum === undefined ? {} : { checksum }) },
  };
}
