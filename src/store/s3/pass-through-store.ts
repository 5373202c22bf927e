import { S3Error } from "../../errors/s3-error.ts";
import type {
  BackendEncryption,
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
  UploadId,
  UploadListQuery,
} from "../store.ts";
import type { Backend } from "./client/backend.ts";
import type { KeyRules } from "./encryption-headers.ts";
import { PlainListing } from "./plain-listing.ts";
import { PlainObjects } from "./plain-objects.ts";
import { PlainUploads } from "./plain-uploads.ts";
import { RemoteStore } from "./remote-store.ts";

/** Another S3 server, where everything is under its own name and as the client sent it. */
export class PassThroughStore extends RemoteStore implements Store {
  readonly #objects: PlainObjects;
  readonly #uploads: PlainUploads;
  readonly #listing: PlainListing;

  constructor(backend: Backend, keyRules: KeyRules) {
    super(backend, keyRules);
    const { objects, writer } = this;
    this.#objects = new PlainObjects({ backend, objects, keyRules, writer });
    this.#uploads = new PlainUploads(this.uploads, objects, keyRules);
    this.#listing = new PlainListing(backend);
  }

  head(bucket: string, key: string, backend?: BackendEncryption) {
    return this.#objects.head(bucket, key, backend);
  }

  open(bucket: string, key: string, how?: OpenOptions) {
    return this.#objects.open(bucket, key, how);
  }

  async putObject(put: PutObject) {
    await this.encryptionTrial.require(put);
    return await this.#objects.put(put);
  }

  async replaceAttributes(change: ReplaceAttributes) {
    await this.encryptionTrial.require(change);
    return await this.#objects.replaceAttributes(change);
  }

  async deleteObject({ bucket, key, expect }: { bucket: string; key: string; expect?: Expectation }) {
    await this.#objects.delete(bucket, key, expect);
    return undefined;
  }

  listObjects(query: ListQuery): Promise<ObjectPage> {
    return this.#listing.page(query);
  }

  async createUpload(upload: CreateUpload) {
    await this.encryptionTrial.require(upload);
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
    return this.#objects.expecting(complete, () => this.#uploads.complete(complete));
  }

  abortUpload(id: UploadId) {
    return this.#uploads.abort(id);
  }
}
