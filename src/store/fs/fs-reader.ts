import type { BucketDocument, Store } from "../store.ts";
import { BucketReader } from "./bucket-reader.ts";
import { DirectoryObjectReader } from "./directory-object-reader.ts";
import { DirectoryReader } from "./directory-reader.ts";
import type { Layout } from "./layout.ts";
import { ObjectListing } from "./object-listing.ts";
import { ObjectReader } from "./object-reader.ts";
import { UploadListing } from "./upload-listing.ts";

/** What MinIO's FS layout holds, for who only reads it: nothing in the directory is written, not even a lock. */
export class FsReader implements Pick<Store, "listBuckets" | "getBucketDocument" | "open" | "listObjects"> {
  /** The directory, without symbolic links. */
  readonly root: string;
  /** The id of the deployment, where it has one. */
  readonly deploymentId: string | undefined;
  readonly #buckets: BucketReader;
  readonly #objects: ObjectReader;
  readonly #listing: ObjectListing;
  readonly #uploads: UploadListing;

  constructor(layout: Layout, deploymentId: string | undefined) {
    this.root = layout.root;
    this.deploymentId = deploymentId;
    this.#buckets = new BucketReader(layout);
    const directories = new DirectoryObjectReader(layout, this.#buckets);
    this.#objects = new ObjectReader(layout, this.#buckets, directories);
    this.#listing = new ObjectListing(layout, new DirectoryReader(layout), directories);
    this.#uploads = new UploadListing(layout);
  }

  listBuckets: Store["listBuckets"] = async (page) => await this.#buckets.list(page);
  getBucketDocument: Store["getBucketDocument"] = async (bucket: string, name: BucketDocument) =>
    await this.#buckets.getDocument(bucket, name);
  open: Store["open"] = async (bucket, key) => await this.#objects.open(bucket, key);
  listObjects: Store["listObjects"] = async (query) => {
    await this.#buckets.require(query.bucket);
    return await this.#listing.page(query);
  };

  /** How many uploads are unfinished, those included that no listing finds because only the hash of their key is kept. */
  async countUploads(): Promise<number> {
    return await this.#uploads.count();
  }
}
