import { clearInterval, setInterval } from "node:timers";
import type { Store } from "../store.ts";
import { Buckets } from "./buckets.ts";
import { DirectoryObjects } from "./directory-objects.ts";
import { DirectoryReader } from "./directory-reader.ts";
import { Documents } from "./documents.ts";
import { ObjectListing } from "./object-listing.ts";
import { Objects } from "./objects.ts";
import { recoverStaging } from "./recover.ts";
import { endUpload } from "./upload-directory.ts";
import { UploadListing } from "./upload-listing.ts";
import { Uploads } from "./uploads.ts";
import type { Workplace } from "./workplace.ts";

/** How long after the death of another server an object that it was about to move may be missing in listings. */
const RECOVERY_INTERVAL_MS = 15 * 1000;

/** The store over a directory in MinIO's FS layout: the contract, handed on to the part that each method is about. */
export class FsStore implements Store {
  readonly #workplace: Workplace;
  readonly #buckets: Buckets;
  readonly #documents: Documents;
  readonly #objects: Objects;
  readonly #listing: ObjectListing;
  readonly #uploads: Uploads;
  readonly #uploadListing: UploadListing;
  readonly #closing = new AbortController();
  readonly #recoveryTimer: ReturnType<typeof setInterval>;
  #recovery: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(workplace: Workplace) {
    this.#workplace = workplace;
    this.#buckets = new Buckets(workplace);
    const directories = new DirectoryObjects(workplace, this.#buckets);
    this.#documents = new Documents(workplace);
    this.#objects = new Objects(workplace, this.#buckets, directories);
    this.#listing = new ObjectListing(workplace.layout, new DirectoryReader(workplace.layout), directories);
    this.#uploads = new Uploads(workplace, this.#buckets, this.#objects);
    this.#uploadListing = new UploadListing(workplace.layout);
    this.#startRecovery();
    this.#recoveryTimer = setInterval(() => this.#startRecovery(), RECOVERY_INTERVAL_MS);
    this.#recoveryTimer.unref();
  }

  createBucket: Store["createBucket"] = async (bucket) => await this.#buckets.create(bucket);
  getBucket: Store["getBucket"] = async (bucket) => await this.#buckets.get(bucket);
  listBuckets: Store["listBuckets"] = async (page) => await this.#buckets.list(page);
  deleteBucket: Store["deleteBucket"] = async (bucket) =>
    await this.#buckets.delete(bucket, async () => {
      for (const directory of await this.#uploadListing.directoriesOf(bucket)) {
        await endUpload(this.#workplace, directory).catch(() => {});
      }
    });
  getBucketDocument: Store["getBucketDocument"] = async (bucket, name) =>
    await this.#buckets.getDocument(bucket, name);
  setBucketDocument: Store["setBucketDocument"] = async (bucket, name, text) =>
    await this.#buckets.setDocument(bucket, name, text);

  head: Store["head"] = async (bucket, key) => await this.#objects.head(bucket, key);
  open: Store["open"] = async (bucket, key) => await this.#objects.open(bucket, key);
  putObject: Store["putObject"] = async (put) => await this.#objects.put(put);
  replaceAttributes: Store["replaceAttributes"] = async (change) =>
    await this.#objects.replaceAttributes(change);
  deleteObject: Store["deleteObject"] = async (target) => await this.#objects.delete(target);
  listObjects: Store["listObjects"] = async (query) => {
    await this.#buckets.require(query.bucket);
    return await this.#listing.page(query);
  };

  createUpload: Store["createUpload"] = async (upload) => await this.#uploads.create(upload);
  getUpload: Store["getUpload"] = async (id) => await this.#uploads.get(id);
  replaceUploadMetadata: Store["replaceUploadMetadata"] = async (id, metadata) =>
    await this.#uploads.replaceMetadata(id, metadata);
  putPart: Store["putPart"] = async (part) => await this.#uploads.putPart(part);
  listParts: Store["listParts"] = async (id, page) => await this.#uploads.listParts(id, page);
  listUploads: Store["listUploads"] = async (query) => {
    await this.#buckets.require(query.bucket);
    return await this.#uploadListing.page(query);
  };
  completeUpload: Store["completeUpload"] = async (complete) => await this.#uploads.complete(complete);
  abortUpload: Store["abortUpload"] = async (id) => await this.#uploads.abort(id);

  getDocument: Store["getDocument"] = async (name) => await this.#documents.get(name);
  setDocument: Store["setDocument"] = async (name, text) => await this.#documents.set(name, text);

  /** Resolves once what dead servers left was tidied up for the first time. */
  async recovered(): Promise<void> {
    await this.#recovery;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#recoveryTimer);
    this.#closing.abort();
    await this.#recovery;
    const { keys, buckets, staging } = this.#workplace;
    await keys.close();
    await buckets.close();
    await staging.close();
  }

  /** What cannot be recovered now is as good where it is; the next one tries again. */
  #startRecovery(): void {
    const recover = () => recoverStaging(this.#workplace, this.#closing.signal).catch(() => {});
    this.#recovery = this.#recovery.then(recover);
  }
}
