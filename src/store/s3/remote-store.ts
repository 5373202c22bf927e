import type { BucketDocument, StoreDocument } from "../store.ts";
import type { Backend } from "./client/backend.ts";
import { EncryptionTrial } from "./encryption-trial.ts";
import type { KeyRules } from "./encryption-headers.ts";
import { RemoteBucketDocuments } from "./remote-bucket-documents.ts";
import { RemoteBuckets } from "./remote-buckets.ts";
import { RemoteObjects } from "./remote-objects.ts";
import { RemoteUploads } from "./remote-uploads.ts";
import { RemoteWriter } from "./remote-writer.ts";

/**
 * What all stores on another S3 server have in common: its buckets are theirs, and they keep nothing themselves, so any
 * number of them may stand in front of one backend.
 */
export abstract class RemoteStore {
  protected readonly backend: Backend;
  protected readonly objects: RemoteObjects;
  protected readonly uploads: RemoteUploads;
  protected readonly writer: RemoteWriter;
  protected readonly encryptionTrial: EncryptionTrial;
  readonly #buckets: RemoteBuckets;
  readonly #documents: RemoteBucketDocuments;

  constructor(backend: Backend, keyRules: KeyRules) {
    this.backend = backend;
    this.objects = new RemoteObjects(backend, keyRules);
    this.uploads = new RemoteUploads(backend);
    this.writer = new RemoteWriter(this.objects, this.uploads);
    this.encryptionTrial = new EncryptionTrial(this.objects, this.uploads, keyRules);
    this.#buckets = new RemoteBuckets(backend);
    this.#documents = new RemoteBucketDocuments(backend);
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

  async deleteBucket(bucket: string): Promise<void> {
    await this.#buckets.delete(bucket);
    this.#documents.forget(bucket);
  }

  getBucketDocument(bucket: string, name: BucketDocument) {
    return this.#documents.get(bucket, name);
  }

  setBucketDocument(bucket: string, name: BucketDocument, text: string | undefined) {
    return this.#documents.set(bucket, name, text);
  }

  getDocument(_name: StoreDocument): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  setDocument(_name: StoreDocument, _text: string): Promise<never> {
    return Promise.reject(new Error("a gateway keeps no documents"));
  }

  close(): Promise<void> {
    this.backend.close();
    return Promise.resolve();
  }
}
