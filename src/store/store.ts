import type { Secret } from "../crypto/secret.ts";

/**
 * What every store offers: buckets, objects and multipart uploads of opaque bytes and metadata. A store knows nothing of
 * HTTP and nothing of encryption. All of its writes are durable when their promise resolves, atomic to readers, and
 * change nothing when they reject.
 *
 * Errors: NoSuchBucket for a missing bucket everywhere; XMinioStorageFull when the disk is full; the codes named below.
 */
export interface Store {
  // Buckets
  /** @throws S3Error BucketAlreadyOwnedByYou */
  createBucket(bucket: string): Promise<void>;
  getBucket(bucket: string): Promise<BucketRecord | undefined>;
  /** Buckets in byte order of their names. */
  listBuckets(page: { prefix: string; after: string; limit: number }): Promise<BucketPage>;
  /** @throws S3Error NoSuchBucket, BucketNotEmpty (objects; unfinished uploads do not count and go with it) */
  deleteBucket(bucket: string): Promise<void>;
  /** A document kept with the bucket, `undefined` when there is none. @throws S3Error NoSuchBucket */
  getBucketDocument(bucket: string, name: BucketDocument): Promise<string | undefined>;
  /** Replaces it, or removes it with `undefined`. @throws S3Error NoSuchBucket */
  setBucketDocument(bucket: string, name: BucketDocument, text: string | undefined): Promise<void>;

  // Objects
  /** The current record of a key without its bytes. @throws S3Error NoSuchBucket */
  head(bucket: string, key: string, backend?: BackendEncryption): Promise<ObjectRecord | undefined>;
  /**
   * The current record with its bytes held fast until `close`, whatever is written meanwhile. A store that cannot hold
   * them throws ObjectReplaced from `read`, before the first byte, when they are not there any more.
   */
  open(bucket: string, key: string, how?: OpenOptions): Promise<ObjectHandle | undefined>;
  /** @throws S3Error NoSuchBucket, PreconditionFailed, and whatever `body` and `attributes` throw */
  putObject(put: PutObject): Promise<ObjectRecord>;
  /**
   * Replaces attributes of exactly that revision without touching its bytes; the result has a new revision.
   * @throws S3Error NoSuchKey, PreconditionFailed when `revision` is no longer current
   */
  replaceAttributes(change: ReplaceAttributes): Promise<ObjectRecord>;
  /**
   * Removes the current object and gives it back; `undefined` when there was none, or when the store would have to ask
   * another server what it was.
   * @throws S3Error PreconditionFailed when `expect` does not hold
   */
  deleteObject(
    target: { bucket: string; key: string; expect?: Expectation },
  ): Promise<ObjectRecord | undefined>;
  listObjects(query: ListQuery): Promise<ObjectPage>;

  // Multipart uploads
  createUpload(upload: CreateUpload): Promise<UploadRecord>;
  /** @throws S3Error NoSuchUpload */
  getUpload(id: UploadId): Promise<UploadRecord>;
  /** Stores a part, replacing the one of that number. @throws S3Error NoSuchUpload, also when it ended meanwhile */
  putPart(part: PutPart): Promise<PartRecord>;
  /** Parts with a number above `after`, ascending. @throws S3Error NoSuchUpload */
  listParts(id: UploadId, page: PartQuery): Promise<PartPage>;
  /** Replaces the metadata of an upload without touching its parts. @throws S3Error NoSuchUpload */
  replaceUploadMetadata(id: UploadId, metadata: Metadata): Promise<UploadRecord>;
  /** Uploads in byte order of key, then by time of initiation. */
  listUploads(query: UploadListQuery): Promise<UploadPage>;
  /**
   * Makes the chosen parts the object, in the order given, and ends the upload.
   * @throws S3Error NoSuchUpload; InvalidPart when a chosen revision is no longer that part; PreconditionFailed
   */
  completeUpload(complete: CompleteUpload): Promise<ObjectRecord>;
  /** @throws S3Error NoSuchUpload */
  abortUpload(id: UploadId): Promise<void>;

  // The store itself
  /** A document kept with the store as a whole, `undefined` when there is none. */
  getDocument(name: StoreDocument): Promise<string | undefined>;
  setDocument(name: StoreDocument, text: string): Promise<void>;

  /** Ends everything in flight and releases the directory or connection. */
  close(): Promise<void>;
}

/** `deployment-id` names the store in answers; `store-key` is the key that digests rest under, sealed by the KMS. */
export type StoreDocument = "deployment-id" | "store-key";

export type BucketDocument = "policy" | "encryption";

export interface BucketRecord {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface BucketPage {
  readonly buckets: readonly BucketRecord[];
  readonly truncated: boolean;
}

/**
 * MinIO's names: `content-type`, which is always there, `cache-control` ..., `X-Amz-Meta-*`, `X-Minio-Internal-*`. Values
 * are header text: one character from U+0000 to U+00FF for each byte that the client sent.
 */
export type Metadata = Readonly<Record<string, string>>;

/**
 * The encryption that a store has to ask of another server which it passes bytes on to. Stores that keep them themselves
 * have no use for it.
 */
export type BackendEncryption =
  | { readonly kind: "sse-s3" }
  | { readonly kind: "sse-c"; readonly key: Secret }
  /** Headers as the client sent them. */
  | { readonly kind: "sse-kms"; readonly headers: Readonly<Record<string, string>> };

/** How an object is opened. */
export interface OpenOptions {
  readonly backend?: BackendEncryption | undefined;
  /** Whether all of its bytes will be read from the first on, so that they may be asked for at once. */
  readonly whole?: boolean;
}

/** The bytes of an open object are gone, because another one took its place. Opening it again finds that one. */
export class ObjectReplaced extends Error {
  override readonly name = "ObjectReplaced";
}

/** In AWS's order. */
export const CHECKSUM_ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;
export type ChecksumAlgorithm = typeof CHECKSUM_ALGORITHMS[number];
export type ChecksumType = "FULL_OBJECT" | "COMPOSITE";

/** Which checksum an object or upload carries. */
export interface ChecksumPlan {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
}

/** A checksum as it rests: base64 text, with `-N` after composite ones; opaque to the store. */
export interface StoredChecksum extends ChecksumPlan {
  readonly value: string;
}

/** What the writer of an object knows about it once its bytes have passed. */
export interface ObjectAttributes {
  /** Plaintext bytes. */
  readonly size: number;
  /** Without quotes; opaque to the store. */
  readonly etag: string;
  readonly metadata: Metadata;
  readonly checksum?: StoredChecksum;
}

export interface ObjectRecord extends ObjectAttributes {
  readonly bucket: string;
  readonly key: string;
  /** Identifies this very write among all writes of the key, for ever. */
  readonly revision: string;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
  /** Bytes in the store. */
  readonly storedSize: number;
  /** Parts of a multipart object in their order; empty for others. */
  readonly parts: readonly ObjectPart[];
  /** The multipart upload that made it. */
  readonly uploadId?: string;
  /** What a server behind the store says of its own encryption, as headers for an answer. */
  readonly backendHeaders?: Readonly<Record<string, string>>;
}

/** One part inside a finished object. */
export interface ObjectPart {
  readonly number: number;
  readonly size: number;
  readonly storedSize: number;
  readonly etag: string;
  /** Checksum value of the part under the object's algorithm. */
  readonly checksum?: string;
}

/** An object held open. */
export interface ObjectHandle {
  readonly record: ObjectRecord;
  /**
   * Stored bytes `[start, start + length)` over all parts, in chunks of at most 1 MiB that belong to the consumer.
   * The iteration throws rather than end early.
   */
  read(start: number, length: number): AsyncIterable<Uint8Array>;
  /** Lets go of the bytes. Must be called once reading is over, or given up. */
  close(): void;
}

/** What must be current for a write to happen: no object at all, or exactly that revision. */
export type Expectation = { readonly absent: true } | { readonly revision: string };

export interface PutObject {
  readonly bucket: string;
  readonly key: string;
  /** Stored bytes. Its chunks become the store's, which frees them. When it throws, nothing is stored. */
  readonly body: AsyncIterable<Uint8Array>;
  /** How many bytes `body` will yield, where that is known. */
  readonly storedSize?: number;
  /** Called once after the body ended; when it throws, nothing is stored. */
  readonly attributes: () => ObjectAttributes | Promise<ObjectAttributes>;
  readonly expect?: Expectation;
  /** The metadata that `attributes` will tell, where it is known now: another server has to be told before the bytes. */
  readonly metadata?: Metadata;
  readonly backend?: BackendEncryption;
}

export interface ReplaceAttributes {
  readonly bucket: string;
  readonly key: string;
  readonly revision: string;
  readonly attributes: ObjectAttributes;
  /** Whether the object stays as old as it is: for changes that no client can see. */
  readonly keepDate?: boolean;
  readonly backend?: BackendEncryption;
}

export interface ListQuery {
  readonly bucket: string;
  readonly prefix: string;
  /** `""` for none. */
  readonly delimiter: string;
  /**
   * Only keys after this one in UTF-8 byte order; `""` from the start. When it is itself a common prefix of
   * this query, the whole group is behind us.
   */
  readonly after: string;
  /** Most objects and common prefixes together, 1 to 1000. */
  readonly limit: number;
}

/** What a listing shows of an object. */
export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: number;
  readonly checksum?: ChecksumPlan;
  /** Where it is not STANDARD. */
  readonly storageClass?: string | undefined;
  /** From stores that have it at hand with every entry: showing an ETag may take it. */
  readonly metadata?: Metadata;
}

/** Objects and common prefixes, each in UTF-8 byte order. */
export interface ObjectPage {
  readonly objects: readonly ListedObject[];
  readonly prefixes: readonly string[];
  /** Key or common prefix to pass as `after` for the rest; absent when this page is the last. */
  readonly next?: string;
}

export interface UploadId {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
}

export interface UploadRecord extends UploadId {
  /** Milliseconds since the epoch. */
  readonly initiatedAt: number;
  readonly metadata: Metadata;
  readonly checksum?: ChecksumPlan;
  /** As that of an object. */
  readonly backendHeaders?: Readonly<Record<string, string>>;
}

/** What a multipart upload is begun with. */
export interface CreateUpload {
  readonly bucket: string;
  readonly key: string;
  readonly metadata: Metadata;
  readonly checksum?: ChecksumPlan;
  readonly backend?: BackendEncryption;
  /** What the id ends with: `~` and small letters. */
  readonly idMark?: string;
}

export interface PutPart extends UploadId {
  /** 1 to 10000. */
  readonly partNumber: number;
  /** As that of `PutObject`. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly storedSize?: number;
  readonly attributes: () => PartAttributes | Promise<PartAttributes>;
  /** That of the upload: the kind of checksum that `attributes` will tell. */
  readonly checksum?: ChecksumPlan;
  readonly backend?: BackendEncryption;
}

/** What the writer of a part knows about it once its bytes have passed. */
export interface PartAttributes {
  readonly size: number;
  readonly etag: string;
  readonly checksum?: string;
}

/** A part of an unfinished upload. */
export interface PartRecord extends PartAttributes {
  readonly number: number;
  /** Identifies this very upload of the part. */
  readonly revision: string;
  readonly storedSize: number;
  readonly lastModified: number;
}

export interface PartPage {
  readonly parts: readonly PartRecord[];
  readonly truncated: boolean;
}

export interface UploadListQuery {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string;
  /** Only uploads of keys after this one; with `afterUploadId` also those of this key initiated after that upload. */
  readonly afterKey: string;
  readonly afterUploadId: string;
  readonly limit: number;
}

export interface UploadPage {
  readonly uploads: readonly UploadRecord[];
  readonly prefixes: readonly string[];
  readonly next?: { readonly key: string; readonly uploadId: string };
}

export interface PartQuery {
  readonly after: number;
  readonly limit: number;
  /** For an upload that turns out to have been completed. */
  readonly backend?: BackendEncryption | undefined;
}

export interface CompleteUpload extends UploadId {
  readonly parts: readonly { readonly number: number; readonly revision: string }[];
  readonly attributes: ObjectAttributes;
  readonly expect?: Expectation;
  readonly backend?: BackendEncryption;
}
