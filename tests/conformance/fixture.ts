import { afterAll, beforeAll, expect } from "bun:test";
import { Buffer } from "node:buffer";
import type {
  Metadata,
  ObjectAttributes,
  ObjectHandle,
  ObjectRecord,
  PartRecord,
  Store,
  UploadId,
} from "../../src/store/store.ts";
import { S3Error, type S3ErrorCode } from "../../src/errors/s3-error.ts";

/** An empty store under test; `reopen` closes it and opens it again, `remove` closes it and takes its data away. */
export interface TestStore {
  readonly store: Store;
  reopen(): Promise<Store>;
  remove(): Promise<void>;
}

/**
 * What a store does not promise because it is another server: to hold bytes that a reader has not asked for yet, to take
 * parts of less than 5 MiB, keys near the limit of 1024 bytes or any attributes, to keep documents of its own, to give
 * back what it deletes, to complete an upload only once.
 */
export type Lack =
  | "held bytes"
  | "small parts"
  | "long keys"
  | "any attributes"
  | "documents"
  | "deleted records"
  | "one completion";

export type MakeStore = () => Promise<TestStore>;

/** One store for the tests of the surrounding `describe`, each of which takes buckets of its own from it. */
export class SharedStore {
  #made: TestStore | undefined;
  #buckets = 0;

  constructor(make: MakeStore) {
    beforeAll(async () => {
      this.#made = await make();
    });
    afterAll(async () => {
      await this.#made?.remove();
    });
  }

  get store(): Store {
    if (this.#made === undefined) throw new Error("the store is made before the first test");
    return this.#made.store;
  }

  async newBucket(): Promise<string> {
    const bucket = `bucket-${++this.#buckets}`;
    await this.store.createBucket(bucket);
    return bucket;
  }
}

/** A policy of a bucket that any server takes. */
export function policyNamed(id: string, bucket: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Id: id,
    Statement: [{
      Effect: "Deny",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${bucket}/denied/*`,
    }],
  });
}

/** Bytes that differ from place to place and from seed to seed. */
export function bytesOf(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state & 0xff;
  }
  return bytes;
}

/** A body of these chunks, each a copy that the store may keep or free. */
export async function* bodyOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield new Uint8Array(chunk);
}

/** A body that fails after these bytes. */
export async function* failingBody(bytes: Uint8Array, error: Error): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw error;
}

/** The least metadata there is. */
export const METADATA: Metadata = { "content-type": "application/octet-stream" };

export function attributesOf(size: number, metadata: Metadata = {}): ObjectAttributes {
  return { size, etag: `etag-of-${size}`, metadata: { ...METADATA, ...metadata } };
}

/** Puts an object of these bytes. */
export function put(store: Store, bucket: string, key: string, bytes: Uint8Array): Promise<ObjectRecord> {
  return store.putObject({
    bucket,
    key,
    body: bodyOf(bytes),
    attributes: () => attributesOf(bytes.length),
  });
}

/** Uploads a part of these bytes. */
export function putPart(store: Store, id: UploadId, number: number, bytes: Uint8Array): Promise<PartRecord> {
  return store.putPart({
    bucket: id.bucket,
    key: id.key,
    uploadId: id.uploadId,
    partNumber: number,
    body: bodyOf(bytes),
    attributes: () => ({ size: bytes.length, etag: `part-${number}` }),
  });
}

/** Makes an object of these parts, numbered from 1. */
export async function putParts(
  store: Store,
  bucket: string,
  key: string,
  parts: readonly Uint8Array[],
): Promise<ObjectRecord> {
  const upload = await store.createUpload({ bucket, key, metadata: {} });
  const chosen = [];
  for (const [i, bytes] of parts.entries()) chosen.push(await putPart(store, upload, i + 1, bytes));
  return await store.completeUpload({
    bucket,
    key,
    uploadId: upload.uploadId,
    parts: chosen,
    attributes: attributesOf(parts.reduce((sum, part) => sum + part.length, 0)),
  });
}

/** Opens an object that must be there. */
export async function mustOpen(store: Store, bucket: string, key: string): Promise<ObjectHandle> {
  const handle = await store.open(bucket, key);
  if (handle === undefined) throw new Error(`no object ${JSON.stringify(key)}`);
  return handle;
}

/** The bytes of a range; every chunk is held to the end, as a consumer may do. */
export async function readRange(handle: ObjectHandle, start: number, length: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of handle.read(start, length)) {
    expect(chunk.length).toBeLessThanOrEqual(1024 * 1024);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** All bytes of the current object, or `undefined`. */
export async function readObject(store: Store, bucket: string, key: string): Promise<Buffer | undefined> {
  const handle = await store.open(bucket, key);
  if (handle === undefined) return undefined;
  try {
    return await readRange(handle, 0, handle.record.storedSize);
  } finally {
    handle.close();
  }
}

/** Passes when the promise rejects with this S3 error. */
export async function expectCode(promise: Promise<unknown>, code: S3ErrorCode): Promise<void> {
  const thrown = await promise.then(() => undefined, (error: unknown) => error);
  expect(thrown).toBeInstanceOf(S3Error);
  expect(thrown).toHaveProperty("code", code);
}

/** UTF-8 byte order. */
export function inByteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
