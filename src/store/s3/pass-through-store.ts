import { S3Error } from "../../errors/s3-error.ts";
import type {
  BackendEncryption,
  BucketDocument,
  CompleteUpload,
  CreateUpload,
  Expectation,
  ListQuery,
  ObjectPage,
  OpenOptions,
  PutObject,
  PutPart,
  ReplaceAttributes,
  Store,
  StoreDocument,
  UploadId,
  UploadListQuery,
} from "../store.ts";
import type { Backend } from "./client/backend.ts";
import { CustomerKeys } from "./customer-keys.ts";
import type { KeyRules } from "./encryption-headers.ts";
import { PlainListing } from "./plain-listing.ts";
import { PlainObjects } from "./plain-objects.ts";
import { PlainUploads } from "./plain-uploads.ts";
import { RemoteBuckets } from "./remote-buckets.ts";
import { RemoteObjects } from "./remote-objects.ts";
import { RemoteUploads } from "./remote-uploads.ts";
import { RemoteWriter } from "./remote-writer.ts";

/**
 * Another S3 server, where everything is under its own name and as the client sent it. It keeps nothing itself, so any
 * number of them may stand in front of one backend.
 */
export class PassThroughStore implements Store {
  readonly #backend: Backend;
  readonly #customerKeys: CustomerKeys;
  readonly #buckets: RemoteBuckets;
  readonly #objects: PlainObjects;
  readonly #uploads: PlainUploads;
  readonly #listing: PlainListing;

  constructor(backend: Backend, keyRules: KeyRules) {
    const objects = new RemoteObjects(backend, keyRules);
    const uploads = new RemoteUploads(backend);
    this.#backend = backend;
    this.#customerKeys = new CustomerKeys(uploads, keyRules);
    this.#buckets = new RemoteBuckets(backend);
    this.#objects = new PlainObjects({
      backend,
      objects,
      keyRules,
      writer: new RemoteWriter(objects, uploads),
    });
    this.#uploads = new PlainUploads(uploads, keyRules);
    this.#listing = new PlainListing(backend);
  }

  createBucket(bucket: string) {
    return this.#buckets.create(bucket);
  }

  getBucket(bucket: string) {
    return this.#buckets.get(bucket);
  }

  listBuckets(page: { prefix: string; after: string; limit: number }) {
    return this.#buckets.list(page);
  }

  deleteBucket(bucket: string) {
    return this.#buckets.delete(bucket);
  }

  getBucketDocument(bucket: string, name: BucketDocument) {
    return this.#buckets.document(bucket, name);
  }

  setBucketDocument(bucket: string, name: BucketDocument, text: string | undefined) {
    return this.#buckets.setDocument(bucket, name, text);
  }

  head(bucket: string, key: string, backend?: BackendEncryption) {
    return this.#objects.head(bucket, key, backend);
  }

  open(bucket: string, key: string, how?: OpenOptions) {
    return this.#objects.open(bucket, key, how);
  }

  async putObject(put: PutObject) {
    await this.#customerKeys.require(put);
    return await this.#objects.put(put);
  }

  replaceAttributes(change: ReplaceAttributes) {
    return this.#objects.replaceAttributes(change);
  }

  async deleteObject({ bucket, key, expect }: { bucket: string; key: string; expect?: Expectation }) {
    await this.#objects.delete(bucket, key, expect);
    return undefined;
  }

  listObjects(query: ListQuery): Promise<ObjectPage> {
    return this.#listing.page(query);
  }

  async createUpload(upload: CreateUpload) {
    await this.#customerKeys.require(upload);
    return await this.#uploads.create(upload);
  }

  getUpload(id: UploadId) {
    return this.#uploads.get(id);
  }

  putPart(part: PutPart) {
    return this.#uploads.putPart(part);
  }

  listParts(id: UploadId, page: { after: number; limit: number }) {
    return this.#uploads.listParts(id, page);
  }

  /** Only who encrypts has anything to replace. */
  replaceUploadMetadata(): Promise<never> {
    return Promise.reject(new S3Error("NotImplemented"));
  }

  listUploads(query: UploadListQuery) {
    return this.#uploads.list(query);
  }

  completeUpload(complete: CompleteUpload) {
    return this.#uploads.complete(complete);
  }

  abortUpload(id: UploadId) {
    return this.#uploads.abort(id);
  }

  /** A gateway keeps nothing of its own. */
  getDocument(_name: StoreDocument): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  setDocument(_name: StoreDocument, _text: string): Promise<never> {
    return Promise.reject(new Error("a gateway keeps no documents"));
  }

  close(): Promise<void> {
    this.#backend.close();
    return Promise.resolve();
  }
}
