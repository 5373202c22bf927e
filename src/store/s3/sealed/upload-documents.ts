import { S3Error } from "../../../errors/s3-error.ts";
import { concurrently } from "../../concurrently.ts";
import type { UploadId } from "../../store.ts";
import type { RemoteObjects } from "../remote-objects.ts";
import type { DareMeta } from "./dare-meta.ts";
import type { MetaDocuments } from "./meta-documents.ts";
import { backendUploadId, dataKey, uploadFolder, uploadMetaKey } from "./names.ts";
import type { NamesBelow } from "./recovery.ts";

/** Documents deleted at a time. */
const AT_ONCE = 16;

/** What is kept of unfinished uploads that the gateway encrypts, beside the uploads of their data. */
export class UploadDocuments {
  readonly #documents: MetaDocuments;
  readonly #objects: RemoteObjects;
  readonly #namesBelow: NamesBelow;

  constructor(documents: MetaDocuments, objects: RemoteObjects, namesBelow: NamesBelow) {
    this.#documents = documents;
    this.#objects = objects;
    this.#namesBelow = namesBelow;
  }

  /** What is known of an upload; `undefined` when there is none that is encrypted. @throws S3Error as `MetaDocuments.read` */
  async find(id: UploadId): Promise<DareMeta | undefined> {
    if (id.uploadId === "" || id.uploadId.includes("/")) return undefined;
    return (await this.#documents.read(id.bucket, nameOf(id)))?.meta;
  }

  /** The same where there must be one. @throws S3Error NoSuchUpload */
  async require(id: UploadId): Promise<DareMeta> {
    const meta = await this.find(id);
    if (meta === undefined) throw new S3Error("NoSuchUpload");
    return meta;
  }

  async write(id: UploadId, meta: DareMeta): Promise<void> {
    await this.#documents.write(id.bucket, nameOf(id), meta);
  }

  /** Takes away all that was kept of an upload, last the document that it is found by. */
  async clear(id: UploadId): Promise<void> {
    const { bucket, key, uploadId } = id;
    const own = nameOf(id);
    const names = (await this.#namesBelow(bucket, uploadFolder(key, backendUploadId(uploadId))))
      .filter((name) => name !== own);
    await concurrently(names, AT_ONCE, (name) => this.#objects.delete(bucket, name));
    await this.#objects.delete(bucket, own);
  }
}

/** The upload of the data at the backend. */
export function dataUpload({ bucket, key, uploadId }: UploadId): UploadId {
  return { bucket, key: dataKey(key), uploadId: backendUploadId(uploadId) };
}

/** Where what is known of an upload lies. */
function nameOf({ key, uploadId }: UploadId): string {
  return uploadMetaKey(key, backendUploadId(uploadId));
}
