import { Buffer } from "node:buffer";
import { S3Error } from "../../../errors/s3-error.ts";
import type {
  ListedObject,
  ObjectAttributes,
  ObjectHandle,
  ObjectRecord,
  OpenOptions,
  PutObject,
  ReplaceAttributes,
} from "../../store.ts";
import { headersOfKey, headersOfWrite, type KeyRules } from "../encryption-headers.ts";
import type { KeyLocks } from "../key-locks.ts";
import { requestBody } from "../remote-body.ts";
import type { RemoteObjects, Written } from "../remote-objects.ts";
import { checkExpectation } from "../remote-record.ts";
import type { RemoteWrite, RemoteWriter } from "../remote-writer.ts";
import { checkMd5, withMd5 } from "../sent-md5.ts";
import { SMALL } from "../small-body.ts";
import type { Commits } from "./commits.ts";
import type { DareMeta } from "./dare-meta.ts";
import type { MetaDocuments, SeenMeta } from "./meta-documents.ts";
import { dataKey, metaKey } from "./names.ts";
import type { Overwrites } from "./overwrites.ts";
import type { Recovery } from "./recovery.ts";
import { SealedReader } from "./sealed-reader.ts";
import { type FoundMeta, sealedRecord } from "./sealed-record.ts";
import { stampHeaders } from "./stamp.ts";
import { newWriteId } from "./write-id.ts";
import { STORAGE_CLASS } from "../../storage-class.ts";

/** What encrypted objects are kept with. */
export interface SealedParts {
  readonly objects: RemoteObjects;
  readonly writer: RemoteWriter;
  readonly documents: MetaDocuments;
  readonly recovery: Recovery;
  readonly commits: Commits;
  readonly overwrites: Overwrites;
  readonly keyRules: KeyRules;
  readonly locks: KeyLocks;
}

/** The record that is current for a key, of whatever kind. */
export type Current = (bucket: string, key: string) => Promise<ObjectRecord | undefined>;

/** Takes away what an object hides now. */
export type Hide = () => Promise<void>;

/** Looks what an object is about to hide. Never rejects. */
export type Hiding = () => Promise<Hide>;

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
   * Writes the data, then what is known of it, and lets the caller take away what that hides. The object is the old one
   * until the second step.
   * @throws S3Error PreconditionFailed and as the backend names it; whatever `body` and `attributes` throw
   */
  async put(put: PutObject, current: Current, hiding: Hiding): Promise<ObjectRecord> {
    const { bucket, key, expect, backend: encryption, storedSize } = put;
    const { keyRules, locks, writer, commits, overwrites } = this.#parts;
    const write = newWriteId();
    let attributes: ObjectAttributes | undefined;
    let before: SeenMeta | undefined;
    let passed = 0;
    let release = () => {};
    let hidden: Promise<Hide> | undefined;
    try {
      const data: RemoteWrite = {
        bucket,
        key: dataKey(key),
        headers: {
          "content-type": "application/octet-stream",
          ...stampHeaders({ write, metadata: put.metadata ?? {} }),
          ...headersOfWrite(encryption, keyRules),
        },
        encryption,
        keyHeaders: headersOfKey(encryption, keyRules),
        conditions: {},
        body: {
          chunks: counted(put.body, (length) => passed += length),
          size: storedSize,
          provesItself: true,
          confirmed: async () => {
            attributes = await put.attributes();
            release = await locks.acquire(bucket, key);
            if (expect === undefined) before = await overwrites.before(bucket, key);
            else checkExpectation(expect, await current(bucket, key));
            hidden = hiding();
          },
        },
      };
      const meta = (etag?: string) => {
        if (attributes !== undefined) return newMeta(attributes, passed, write, etag);
        throw new Error("the backend answered before the body had ended");
      };
      let found: FoundMeta;
      let hide: Hide | undefined;
      if (expect === undefined) {
        const etag = await this.#place(data);
        hide = await hidden;
        found = await overwrites.describe({ bucket, key, meta: meta(etag), before, encryption });
      } else {
        const staged = await writer.stage(data);
        hide = await hidden;
        const undo = () => writer.abandon(staged.upload);
        found = await commits.commit({ bucket, key, expect, meta: meta(), data: staged, undo });
      }
      await hide?.();
      return sealedRecord(bucket, key, found);
    } finally {
      release();
    }
  }

  /** @returns the ETag of the data, which is in its place */
  async #place(data: RemoteWrite): Promise<string> {
    const { size } = data.body;
    const small = size !== undefined && size <= SMALL;
    const { etag } = await (small ? this.#putSmall(data) : this.#parts.writer.writeInParts(data));
    return etag;
  }

  /**
   * The backend compares the MD5 of data in one piece before it replaces anything. One that got other bytes all the same
   * is left none, for a reader would take them for the new object.
   */
  async #putSmall({ bucket, key, headers, encryption, body: outgoing }: RemoteWrite): Promise<Written> {
    const { objects } = this.#parts;
    const { body, md5 } = withMd5(await requestBody(outgoing));
    const sent = await md5();
    const contentMd5 = { "Content-MD5": Buffer.from(sent, "hex").toString("base64") };
    const done = await objects.put(bucket, key, { ...headers, ...contentMd5 }, body);
    try {
      checkMd5(sent, done, encryption);
    } catch (thrown) {
      await objects.deleteExactly(bucket, key, done.etag).catch(() => {});
      throw thrown;
    }
    return done;
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

function newMeta(
  { size, etag, metadata, checksum }: ObjectAttributes,
  stored: number,
  write: string,
  data: string | undefined,
): DareMeta {
  return {
    size: stored,
    modified: Date.now(),
    etag,
    metadata,
    parts: [],
    own: {
      write,
      ...(data === undefined || data === "" ? {} : { data }),
      size,
      ...(checksum === undefined ? {} : { checksum }),
    },
  };
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

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  count: (length: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    count(chunk.length);
    yield chunk;
  }
}
