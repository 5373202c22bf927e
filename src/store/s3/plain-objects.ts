import { S3Error } from "../../errors/s3-error.ts";
import { percentEncodePath } from "../../http/percent.ts";
import { CUSTOMER_ALGORITHM } from "../../http/sse-headers.ts";
import { requiredText } from "../../xml/xml-parser.ts";
import type {
  BackendEncryption,
  Expectation,
  ObjectAttributes,
  ObjectHandle,
  ObjectRecord,
  OpenOptions,
  PutObject,
  ReplaceAttributes,
} from "../store.ts";
import { type Backend, wholeOf } from "./client/backend.ts";
import { errorWithin } from "./client/backend-error.ts";
import { headersOfKey, headersOfWrite, type KeyRules } from "./encryption-headers.ts";
import { KeyLocks } from "./key-locks.ts";
import { headersOf } from "./metadata-headers.ts";
import { readDocument, timeOf } from "./remote-document.ts";
import { remotePage } from "./remote-listing.ts";
import { checksumHeader, unquoted, versionOf } from "./remote-object.ts";
import type { RemoteObjects, Written } from "./remote-objects.ts";
import { RemoteReader } from "./remote-reader.ts";
import type { RemoteWriter } from "./remote-writer.ts";
import { checkExpectation, conditionsOf, etagOfRevision, recordOf, revisionOf } from "./remote-record.ts";
import { checkMd5 } from "./sent-md5.ts";

/** Room for the answer to a copy. */
const MAX_DOCUMENT = 64 * 1024;
/** How long a backend may take to copy up to 5 GiB, in milliseconds. */
const COPY_PATIENCE = 10 * 60_000;

/** What objects are kept with. */
export interface PlainParts {
  readonly backend: Backend;
  readonly objects: RemoteObjects;
  readonly writer: RemoteWriter;
  readonly keyRules: KeyRules;
}

/** Objects at their own keys of a backend, byte for byte as they came. */
export class PlainObjects {
  readonly #parts: PlainParts;
  readonly #locks = new KeyLocks();

  constructor(parts: PlainParts) {
    this.#parts = parts;
  }

  /** @throws S3Error as the backend names it */
  async head(bucket: string, key: string, encryption?: BackendEncryption): Promise<ObjectRecord | undefined> {
    try {
      const object = await this.#parts.objects.head(bucket, key, encryption);
      return object && recordOf(bucket, key, object);
    } catch (thrown) {
      const closed = thrown instanceof S3Error && thrown.status === 400 && encryption?.kind !== "sse-c";
      const listed = closed ? await this.#listed(bucket, key) : undefined;
      if (listed === undefined) throw thrown;
      return listed;
    }
  }

  /** @throws S3Error as the backend names it */
  async open(
    bucket: string,
    key: string,
    { backend: encryption, whole }: OpenOptions = {},
  ): Promise<ObjectHandle | undefined> {
    const { objects } = this.#parts;
    const bytes = whole === true ? await objects.get(bucket, key, { encryption }) : undefined;
    const object = bytes?.object ?? await objects.head(bucket, key, encryption);
    if (object === undefined) return undefined;
    const ahead = bytes && { bytes, start: 0, length: object.size };
    const reader = new RemoteReader({ objects, bucket, key, encryption }, object, true, ahead);
    return {
      record: recordOf(bucket, key, object),
      read: (start, length) => reader.read(start, length),
      close: () => reader.close(),
    };
  }

  /** @throws S3Error PreconditionFailed and as the backend names it; whatever `body` and `attributes` throw */
  async put(put: PutObject): Promise<ObjectRecord> {
    const { bucket, key, expect, backend: encryption } = put;
    let attributes: ObjectAttributes | undefined;
    const { writer, keyRules } = this.#parts;
    const ended = Promise.withResolvers<void>();
    const done = await writer.write({
      bucket,
      key,
      headers: { ...headersOf(put.metadata ?? {}), ...headersOfWrite(encryption, keyRules) },
      encryption,
      keyHeaders: headersOfKey(encryption, keyRules),
      conditions: conditionsOf(expect),
      late: () => ({
        ...(put.metadata === undefined ? headersOf(attributes?.metadata ?? {}) : {}),
        ...checksumOf(attributes),
      }),
      body: {
        chunks: put.body,
        size: put.storedSize,
        confirmed: async () => {
          attributes = await put.attributes();
          if (expect === undefined) return;
          await this.#locks.holdUntil(ended.promise, bucket, key);
          await this.#check(bucket, key, expect);
        },
      },
    }).finally(ended.resolve);
    if (attributes === undefined) throw new Error("the backend answered before the body had ended");
    checkMd5(attributes.etag, done, encryption);
    return writtenRecord(put, attributes, done);
  }

  /**
   * A copy onto itself with other headers.
   * @throws S3Error NoSuchKey, PreconditionFailed
   */
  async replaceAttributes(change: ReplaceAttributes): Promise<ObjectRecord> {
    const { bucket, key, revision, attributes } = change;
    return await this.#locks.hold(bucket, key, async () => {
      const current = await this.head(bucket, key);
      if (current === undefined) throw new S3Error("NoSuchKey");
      checkExpectation({ revision }, current);
      const answer = await this.#parts.backend.call({
        method: "PUT",
        bucket,
        key,
        headers: {
          ...headersOf(attributes.metadata),
          "x-amz-metadata-directive": "REPLACE",
          "x-amz-copy-source": `/${bucket}/${percentEncodePath(key)}`,
          "x-amz-copy-source-if-match": `"${etagOfRevision(revision)}"`,
          ...headersOfWrite(change.backend, this.#parts.keyRules),
        },
        repeatable: false,
        patience: COPY_PATIENCE,
      });
      const bytes = await wholeOf(answer, MAX_DOCUMENT);
      const failed = errorWithin(bytes);
      if (failed !== undefined) throw failed;
      const copied = readDocument(bytes, "CopyObjectResult", (root) => ({
        etag: unquoted(requiredText(root, "ETag")),
        lastModified: timeOf(requiredText(root, "LastModified")),
      }));
      return {
        ...current,
        ...copied,
        metadata: attributes.metadata,
        revision: revisionOf(copied.etag, versionOf(answer.headers)),
      };
    });
  }

  /** @throws S3Error PreconditionFailed, NoSuchBucket */
  async delete(bucket: string, key: string, expect?: Expectation): Promise<void> {
    await this.expecting(
      { bucket, key, expect },
      () => this.#parts.objects.delete(bucket, key, conditionsOf(expect)),
    );
  }

  /**
   * Does a work that expects something of the object, which not all backends look at, while no other one of these goes on.
   * @throws S3Error PreconditionFailed; whatever `work` throws
   */
  async expecting<T>(
    { bucket, key, expect }: {
      readonly bucket: string;
      readonly key: string;
      readonly expect?: Expectation | undefined;
    },
    work: () => Promise<T>,
  ): Promise<T> {
    if (expect === undefined) return await work();
    return await this.#locks.hold(bucket, key, async () => {
      await this.#check(bucket, key, expect);
      return await work();
    });
  }

  /** Says early, and on backends that know no conditions, that one does not hold. @throws S3Error PreconditionFailed */
  async #check(bucket: string, key: string, expect: Expectation): Promise<void> {
    checkExpectation(expect, await this.head(bucket, key));
  }

  /** What a backend tells of an object without the customer's key that it is under: that it is there. */
  async #listed(bucket: string, key: string): Promise<ObjectRecord | undefined> {
    const query = { bucket, prefix: key, delimiter: "", after: "", limit: 1 };
    const [found] = (await remotePage(this.#parts.backend, query)).objects;
    if (found?.key !== key) return undefined;
    const { size, etag, lastModified } = found;
    const encryption = { [CUSTOMER_ALGORITHM]: "AES256" };
    return recordOf(bucket, key, {
      size,
      etag,
      lastModified,
      encryption,
      versionId: undefined,
      metadata: {},
      checksum: undefined,
    });
  }
}

/** The record of what was just written. */
function writtenRecord(
  { bucket, key, storedSize }: PutObject,
  attributes: ObjectAttributes,
  { etag, versionId, at }: Written,
): ObjectRecord {
  return {
    ...attributes,
    bucket,
    key,
    etag,
    revision: revisionOf(etag, versionId),
    lastModified: at,
    storedSize: storedSize ?? attributes.size,
    parts: [],
  };
}

/** The client's checksum, for the backend to check and to keep. A streamed body is known by its MD5 alone. */
function checksumOf(attributes: ObjectAttributes | undefined): Record<string, string> {
  const checksum = attributes?.checksum;
  return checksum?.type === "FULL_OBJECT" ? { [checksumHeader(checksum.algorithm)]: checksum.value } : {};
}
