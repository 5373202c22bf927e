import { S3Error } from "../../../errors/s3-error.ts";
import type {
  CompleteUpload,
  CreateUpload,
  Expectation,
  ListQuery,
  Metadata,
  ObjectRecord,
  OpenOptions,
  PartQuery,
  PutObject,
  PutPart,
  ReplaceAttributes,
  Store,
  UploadId,
  UploadListQuery,
} from "../../store.ts";
import type { Backend } from "../client/backend.ts";
import type { KeyRules } from "../encryption-headers.ts";
import { KeyLocks } from "../key-locks.ts";
import { PlainObjects } from "../plain-objects.ts";
import { PlainUploads } from "../plain-uploads.ts";
import { allObjects } from "../remote-listing.ts";
import { checkExpectation } from "../remote-record.ts";
import { RemoteStore } from "../remote-store.ts";
import { Commits } from "./commits.ts";
import type { Current } from "./current.ts";
import { emptyBucket } from "./empty-bucket.ts";
import { GatewayListing } from "./gateway-listing.ts";
import { MetaDocuments, type SeenMeta } from "./meta-documents.ts";
import { metaKey, ownName } from "./names.ts";
import { Overwrites } from "./overwrites.ts";
import { Recovery } from "./recovery.ts";
import { Removal } from "./removal.ts";
import { SealedObjects } from "./sealed-objects.ts";
import { isSealedRevision } from "./sealed-record.ts";
import { SealedUploads } from "./sealed-uploads.ts";
import { UploadDocuments } from "./upload-documents.ts";
import { UploadEnd } from "./upload-end.ts";
import { UploadKinds } from "./upload-kinds.ts";
import { GatewayUploadListing } from "./upload-listing.ts";

/**
 * Another S3 server, where encrypted objects are in MinIO's gateway layout and all others under their own names. What is
 * encrypted hides what is not under the same key, so that one can replace the other without a moment in which neither is
 * there.
 */
export class GatewayStore extends RemoteStore implements Store {
  readonly #plain: PlainObjects;
  readonly #sealed: SealedObjects;
  readonly #plainUploads: PlainUploads;
  readonly #sealedUploads: SealedUploads;
  readonly #documents: MetaDocuments;
  readonly #removal: Removal;
  readonly #listing: GatewayListing;
  readonly #uploadListing: GatewayUploadListing;
  readonly #locks = new KeyLocks();
  readonly #current: Current = (bucket, key) => this.head(bucket, key);
  readonly #kinds = new UploadKinds<SealedUploads | PlainUploads>();

  constructor(backend: Backend, keyRules: KeyRules) {
    super(backend, keyRules);
    const { objects, uploads, writer } = this;
    const documents = new MetaDocuments(objects);
    const locks = this.#locks;
    const namesBelow = async (bucket: string, prefix: string) =>
      (await allObjects(backend, bucket, prefix)).map(({ key }) => key);
    const commits = new Commits(documents, writer);
    const recovery = new Recovery(documents, objects, locks, namesBelow);
    this.#plain = new PlainObjects({ backend, objects, keyRules, writer });
    this.#plainUploads = new PlainUploads(uploads, objects, keyRules);
    this.#documents = documents;
    this.#removal = new Removal(documents, objects, commits);
    const overwrites = new Overwrites(documents, objects, commits);
    this.#sealed = new SealedObjects({
      objects,
      writer,
      documents,
      recovery,
      commits,
      overwrites,
      keyRules,
      locks,
    });
    const kept = new UploadDocuments(documents, objects, namesBelow);
    const end = new UploadEnd({ uploads, objects, documents, kept, commits, overwrites, locks });
    this.#sealedUploads = new SealedUploads({ uploads, documents, kept, end, keyRules });
    this.#listing = new GatewayListing(backend, this.#sealed);
    this.#uploadListing = new GatewayUploadListing(uploads, (id) => this.#sealedUploads.listed(id));
  }

  /** What is left of unfinished uploads goes with its bucket. @throws S3Error NoSuchBucket, BucketNotEmpty */
  override async deleteBucket(bucket: string): Promise<void> {
    const page = await this.#listing.page({ bucket, prefix: "", delimiter: "", after: "", limit: 1 });
    if (page.objects.length > 0 || page.next !== undefined) throw new S3Error("BucketNotEmpty");
    await emptyBucket(bucket, {
      uploads: this.uploads,
      objects: this.objects,
      all: () => allObjects(this.backend, bucket, ""),
    });
    await super.deleteBucket(bucket);
  }

  async head(bucket: string, key: string): Promise<ObjectRecord | undefined> {
    if (isReserved(key)) return undefined;
    return await either(() => this.#sealed.head(bucket, key), () => this.#plain.head(bucket, key));
  }

  async open(bucket: string, key: string, how: OpenOptions = {}) {
    if (isReserved(key)) return undefined;
    // What is not encrypted here is nothing that this gateway would ask the backend's encryption for.
    const { backend: _encryption, ...plain } = how;
    return await either(
      () => this.#sealed.open(bucket, key, how),
      () => this.#plain.open(bucket, key, plain),
    );
  }

  async putObject(put: PutObject): Promise<ObjectRecord> {
    refuseReserved(put.key);
    await this.encryptionTrial.require(put);
    if (isSealed(put.metadata)) {
      return await this.#sealed.put(put, this.#current);
    }
    return await this.#putPlain(put);
  }

  async replaceAttributes(change: ReplaceAttributes): Promise<ObjectRecord> {
    if (isSealedRevision(change.revision)) return await this.#sealed.replaceAttributes(change);
    return await this.#locks.hold(change.bucket, change.key, () => this.#plain.replaceAttributes(change));
  }

  async deleteObject({ bucket, key, expect }: { bucket: string; key: string; expect?: Expectation }) {
    if (isReserved(key)) return undefined;
    await this.#locks.hold(bucket, key, async () => {
      if (expect !== undefined) checkExpectation(expect, await this.head(bucket, key));
      const sealed = await this.#documents.look(bucket, metaKey(key));
      // A plain object that an encrypted one hides must not come forth.
      await this.objects.delete(bucket, key);
      if (sealed !== undefined) await this.#removal.remove(bucket, key, sealed);
    });
    return undefined;
  }

  listObjects(query: ListQuery) {
    return this.#listing.page(query);
  }

  async createUpload(upload: CreateUpload) {
    refuseReserved(upload.key);
    await this.encryptionTrial.require(upload);
    const uploads = isSealed(upload.metadata) ? this.#sealedUploads : this.#plainUploads;
    const begun = await uploads.create(upload);
    this.#kinds.remember(begun, uploads);
    return begun;
  }

  /** @throws S3Error NoSuchUpload */
  async getUpload(id: UploadId) {
    const sealed = this.#kinds.of(id) === this.#plainUploads ? undefined : await this.#sealedUploads.get(id);
    if (sealed === undefined) return await this.#plainUploads.get(id);
    this.#kinds.remember(id, this.#sealedUploads);
    return sealed;
  }

  async putPart(part: PutPart) {
    return await (await this.#uploadsOf(part)).putPart(part);
  }

  async listParts(id: UploadId, page: PartQuery) {
    return await (await this.#uploadsOf(id)).listParts(id, page);
  }

  replaceUploadMetadata(id: UploadId, metadata: Metadata) {
    return this.#sealedUploads.replaceMetadata(id, metadata);
  }

  listUploads(query: UploadListQuery) {
    return this.#uploadListing.page(query);
  }

  async completeUpload(complete: CompleteUpload): Promise<ObjectRecord> {
    const { bucket, key } = complete;
    if (await this.#uploadsOf(complete) === this.#sealedUploads) {
      return await this.#sealedUploads.complete(complete, this.#current);
    }
    return await this.#locks.hold(bucket, key, async () => {
      const { expect } = complete;
      if (expect !== undefined) checkExpectation(expect, await this.head(bucket, key));
      const sealed = await this.#documents.look(bucket, metaKey(key));
      const record = await this.#plainUploads.complete(withPlainCondition(complete));
      if (sealed !== undefined) await this.#removal.remove(bucket, key, sealed);
      return record;
    });
  }

  async abortUpload(id: UploadId): Promise<void> {
    await (await this.#uploadsOf(id)).abort(id);
  }

  /** Writes a plain object, then takes away the encrypted one that was there and hides it. */
  async #putPlain(put: PutObject): Promise<ObjectRecord> {
    const { bucket, key, expect } = put;
    const ended = Promise.withResolvers<void>();
    let sealed: SeenMeta | undefined;
    try {
      const record = await this.#plain.put({
        ...withPlainCondition(put),
        attributes: async () => {
          const attributes = await put.attributes();
          await this.#locks.holdUntil(ended.promise, bucket, key);
          if (expect !== undefined) checkExpectation(expect, await this.head(bucket, key));
          sealed = await this.#documents.look(bucket, metaKey(key));
          return attributes;
        },
      });
      if (sealed !== undefined) await this.#removal.remove(bucket, key, sealed);
      return record;
    } finally {
      ended.resolve();
    }
  }

  async #uploadsOf(id: UploadId): Promise<SealedUploads | PlainUploads> {
    const known = this.#kinds.of(id);
    if (known !== undefined) return known;
    const uploads = await this.#sealedUploads.get(id) === undefined
      ? this.#plainUploads
      : this.#sealedUploads;
    this.#kinds.remember(id, uploads);
    return uploads;
  }
}

/** What is current of two kinds, the second of which may be replaced by the first while it is asked for. */
async function either<T>(
  sealed: () => Promise<T | undefined>,
  plain: () => Promise<T | undefined>,
): Promise<T | undefined> {
  return await sealed() ?? await plain() ?? await sealed();
}

/** Whether metadata says that the bytes under it are encrypted: then no other server may take them for the object. */
function isSealed(metadata: Metadata | undefined): boolean {
  return Object.keys(metadata ?? {}).some((name) => name.startsWith("X-Minio-Internal-"));
}

/** Whether a key is one of the names that the gateway keeps encrypted objects under. */
function isReserved(key: string): boolean {
  return ownName(key) !== undefined;
}

/** @throws S3Error XMinioInvalidObjectName */
function refuseReserved(key: string): void {
  if (!isReserved(key)) return;
  throw new S3Error("XMinioInvalidObjectName", {
    message:
      "Keys like KEY/.minio/data and KEY/.minio/dare.meta are where this gateway keeps what it encrypts.",
  });
}

/** The backend can check a condition on the plain object; one on an encrypted object is no business of it. */
function withPlainCondition<T extends { readonly expect?: Expectation }>(write: T): T {
  const { expect, ...rest } = write;
  if (expect === undefined || !("revision" in expect) || !isSealedRevision(expect.revision)) return write;
  return rest as T;
}
