import { S3Error } from "../../../errors/s3-error.ts";
import { tampered } from "../../../errors/tampered.ts";
import type { BackendEncryption } from "../../store.ts";
import type { KeyLocks } from "../key-locks.ts";
import { isRefusal } from "../refusal.ts";
import type { RemoteObjects } from "../remote-objects.ts";
import type { RemoteObject } from "../remote-object.ts";
import type { DareMeta } from "./dare-meta.ts";
import type { MetaDocuments } from "./meta-documents.ts";
import { dataKey, metaKey, ownName } from "./names.ts";
import { type FoundMeta, plaintextSize } from "./sealed-record.ts";
import { type Stamp, stampOf } from "./stamp.ts";

/** Every name of a backend that begins with a prefix. */
export type NamesBelow = (bucket: string, prefix: string) => Promise<readonly string[]>;

/**
 * Puts data and `dare.meta` together again after a write that was cut off between the two: the old object is gone then,
 * and the new one is complete but for the document that it is found by.
 */
export class Recovery {
  readonly #documents: MetaDocuments;
  readonly #objects: RemoteObjects;
  readonly #locks: KeyLocks;
  readonly #namesBelow: NamesBelow;

  constructor(
    documents: MetaDocuments,
    objects: RemoteObjects,
    locks: KeyLocks,
    namesBelow: NamesBelow,
  ) {
    this.#documents = documents;
    this.#objects = objects;
    this.#locks = locks;
    this.#namesBelow = namesBelow;
  }

  /**
   * Writes the document that belongs to this data, unless somebody else wrote one or other data meanwhile.
   * @throws S3Error XMinioObjectTampered when nothing belongs to it
   */
  async recover(
    bucket: string,
    key: string,
    data: RemoteObject,
    encryption: BackendEncryption | undefined,
  ): Promise<void> {
    const stamp = stampOf(data.metadata);
    await this.#locks.hold(bucket, key, async () => {
      const found = await this.#documents.read(bucket, metaKey(key));
      if (found === undefined || belongs(found, data, stamp)) return;
      if (await this.#etagOf(bucket, dataKey(key), encryption) !== data.etag) return;
      const meta = stamp && await this.#metaOf(bucket, key, data, stamp);
      if (meta === undefined) return await this.#requireChanged(bucket, key, found);
      try {
        await this.#documents.write(bucket, metaKey(key), meta, { revision: found.etag });
      } catch (thrown) {
        if (!isRefusal(thrown)) throw thrown;
        await this.#requireChanged(bucket, key, found, thrown);
      }
    });
  }

  /** Whatever is under another key is other data. */
  async #etagOf(bucket: string, name: string, encryption: BackendEncryption | undefined) {
    try {
      return (await this.#objects.head(bucket, name, encryption))?.etag;
    } catch (thrown) {
      if (isRefusal(thrown)) return undefined;
      throw thrown;
    }
  }

  /** Passes when somebody else has written another document meanwhile. */
  async #requireChanged(bucket: string, key: string, { etag }: FoundMeta, refused?: S3Error): Promise<void> {
    if (await this.#documents.etagOf(bucket, metaKey(key)) !== etag) return;
    throw refused ?? tampered("data and dare.meta of the object are of two different writes");
  }

  async #metaOf(
    bucket: string,
    key: string,
    data: RemoteObject,
    { write, metadata }: Stamp,
  ): Promise<DareMeta | undefined> {
    if (metadata !== undefined) {
      const { size, lastModified, etag } = data;
      const own = { write, size: plaintextSize(size) };
      return { size, modified: lastModified, etag, metadata, parts: [], own };
    }
    // That of a multipart object lies with its upload until the end.
    for (const name of await this.#namesBelow(bucket, `${key}/.minio/`)) {
      if (ownName(name)?.kind !== "upload" || !name.endsWith("/dare.meta")) continue;
      const found = await this.#documents.read(bucket, name);
      if (found?.meta.own?.write === write && found.meta.size === data.size) return found.meta;
    }
    return undefined;
  }
}

/** Whether data is what a document describes. What MinIO wrote can only be told by its size. */
export function belongs(
  { meta }: Pick<FoundMeta, "meta">,
  data: RemoteObject,
  stamp = stampOf(data.metadata),
): boolean {
  const write = meta.own?.write;
  return data.size === meta.size && (write === undefined || stamp?.write === write);
}
