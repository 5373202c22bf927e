import type { DatabaseSync } from "node:sqlite";
import { clearInterval, setInterval } from "node:timers";
import type { Store } from "../store.ts";
import { Adoption } from "./adoption.ts";
import type { BlobFiles } from "./blob-files.ts";
import { Buckets } from "./buckets.ts";
import { Contents } from "./contents.ts";
import { Documents } from "./documents.ts";
import { GroupCommit } from "./group-commit.ts";
import { ObjectListing } from "./object-listing.ts";
import { ObjectRows } from "./object-rows.ts";
import { Objects } from "./objects.ts";
import { sweepOrphans } from "./sweep.ts";
import { UploadListing } from "./upload-listing.ts";
import { Uploads } from "./uploads.ts";

const SWEEP_INTERVAL_MS = 6 * 60 * 60 * 1000;

/** The store over an open database and its body files: the contract, handed on to the part that each method is about. */
export class EmbeddedStore implements Store {
  /** Takes objects over from another store. */
  readonly adoption: Adoption;
  readonly #database: DatabaseSync;
  readonly #files: BlobFiles;
  readonly #commit: GroupCommit;
  readonly #buckets: Buckets;
  readonly #documents: Documents;
  readonly #objects: Objects;
  readonly #listing: ObjectListing;
  readonly #uploads: Uploads;
  readonly #uploadListing: UploadListing;
  readonly #closing = new AbortController();
  readonly #sweepTimer: ReturnType<typeof setInterval>;
  #sweep: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(database: DatabaseSync, files: BlobFiles) {
    this.#database = database;
    this.#files = files;
    const commit = new GroupCommit(database);
    const contents = new Contents(database);
    const rows = new ObjectRows(database, contents);
    const buckets = new Buckets(database, commit, files);
    const parts = { buckets, rows, contents, commit, files };
    this.#commit = commit;
    this.#buckets = buckets;
    this.#documents = new Documents(database, commit);
    this.adoption = new Adoption(parts);
    this.#objects = new Objects(parts);
    this.#listing = new ObjectListing(database);
    this.#uploads = new Uploads(database, parts);
    this.#uploadListing = new UploadListing(database);
    this.#startSweep();
    this.#sweepTimer = setInterval(() => this.#startSweep(), SWEEP_INTERVAL_MS);
    this.#sweepTimer.unref();
  }

  createBucket: Store["createBucket"] = async (bucket) => await this.#buckets.create(bucket);
  getBucket: Store["getBucket"] = async (bucket) => this.#buckets.get(bucket);
  listBuckets: Store["listBuckets"] = async (page) => this.#buckets.list(page);
  deleteBucket: Store["deleteBucket"] = async (bucket) => await this.#buckets.delete(bucket);
  getBucketDocument: Store["getBucketDocument"] = async (bucket, name) =>
    this.#buckets.getDocument(bucket, name);
  setBucketDocument: Store["setBucketDocument"] = async (bucket, name, text) =>
    await this.#buckets.setDocument(bucket, name, text);

  head: Store["head"] = async (bucket, key) => this.#objects.head(bucket, key);
  open: Store["open"] = async (bucket, key) => this.#objects.open(bucket, key);
  putObject: Store["putObject"] = async (put) => await this.#objects.put(put);
  replaceAttributes: Store["replaceAttributes"] = async (change) =>
    await this.#objects.replaceAttributes(change);
  deleteObject: Store["deleteObject"] = async (target) => await this.#objects.delete(target);
  listObjects: Store["listObjects"] = async (query) =>
    this.#listing.page(this.#buckets.require(query.bucket), query);

  createUpload: Store["createUpload"] = async (upload) => await this.#uploads.create(upload);
  getUpload: Store["getUpload"] = async (id) => this.#uploads.get(id);
  replaceUploadMetadata: Store["replaceUploadMetadata"] = async (id, metadata) =>
    await this.#uploads.replaceMetadata(id, metadata);
  putPart: Store["putPart"] = async (part) => await this.#uploads.putPart(part);
  listParts: Store["listParts"] = async (id, page) => this.#uploads.listParts(id, page);
  listUploads: Store["listUploads"] = async (query) =>
    this.#uploadListing.page(this.#buckets.require(query.bucket), query);
  completeUpload: Store["completeUpload"] = async (complete) => await this.#uploads.complete(complete);
  abortUpload: Store["abortUpload"] = async (id) => await this.#uploads.abort(id);

  getDocument: Store["getDocument"] = async (name) => this.#documents.get(name);
  setDocument: Store["setDocument"] = async (name, text) => await this.#documents.set(name, text);

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweepTimer);
    this.#closing.abort();
    this.#commit.close();
    await this.#sweep;
    await this.#files.settled();
    this.#database.close();
  }

  /** A sweep that fails has removed less; the next one tries again. */
  #startSweep(): void {
    const sweep = () => sweepOrphans(this.#database, this.#files, this.#closing.signal).catch(() => 0);
    this.#sweep = this.#sweep.then(sweep);
  }
}
