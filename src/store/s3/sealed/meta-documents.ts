import { tampered } from "../../../errors/tampered.ts";
import { JsonFault } from "../../json-reader.ts";
import type { Expectation } from "../../store.ts";
import type { RemoteObjects } from "../remote-objects.ts";
import { conditionsOf } from "../remote-record.ts";
import { type DareMeta, formatDareMeta, parseDareMeta } from "./dare-meta.ts";
import { fits } from "./names.ts";
import type { FoundMeta } from "./sealed-record.ts";

/** Room for 10,000 parts with their digests. */
const MOST = 8 * 2 ** 20;

/** A document as a writer sees it. */
export interface SeenMeta {
  readonly etag: string;
  /** `undefined` for one that cannot be read. */
  readonly meta: DareMeta | undefined;
}

/** The `dare.meta` and `part.meta` documents of a backend. They are written without encryption: what is secret in them is sealed. */
export class MetaDocuments {
  readonly #objects: RemoteObjects;

  constructor(objects: RemoteObjects) {
    this.#objects = objects;
  }

  /** `undefined` when there is none. @throws S3Error NoSuchBucket; XMinioObjectTampered for one that cannot be read */
  async read(bucket: string, name: string): Promise<FoundMeta | undefined> {
    const found = await this.#find(bucket, name);
    if (found === undefined) return undefined;
    const { meta, etag } = found;
    if (!(meta instanceof JsonFault)) return { meta, etag };
    throw tampered(`${bucket}/${name} is not what a gateway wrote: ${meta.message}`);
  }

  /** The same for who is about to replace it, whatever it is. @throws S3Error NoSuchBucket */
  async look(bucket: string, name: string): Promise<SeenMeta | undefined> {
    const found = await this.#find(bucket, name);
    return found && { etag: found.etag, meta: found.meta instanceof JsonFault ? undefined : found.meta };
  }

  /** The ETag of one; `undefined` when there is none. */
  async etagOf(bucket: string, name: string): Promise<string | undefined> {
    return fits(name) ? await this.#objects.etagOf(bucket, name) : undefined;
  }

  /** @param expect what must be there, by its ETag @throws S3Error PreconditionFailed */
  async write(bucket: string, name: string, meta: DareMeta, expect?: Expectation): Promise<FoundMeta> {
    const { etag } = await this.#objects.put(bucket, name, {
      "content-type": "application/octet-stream",
      ...conditionsOf(expect),
    }, { kind: "bytes", bytes: formatDareMeta(meta) });
    return { meta, etag };
  }

  /** @param etag of the one that is meant, for a backend that heeds it @throws S3Error PreconditionFailed */
  async delete(bucket: string, name: string, etag: string): Promise<void> {
    await this.#objects.delete(bucket, name, conditionsOf({ revision: etag }));
  }

  async #find(
    bucket: string,
    name: string,
  ): Promise<{ readonly etag: string; readonly meta: DareMeta | JsonFault } | undefined> {
    const found = fits(name) ? await this.#objects.document(bucket, name, MOST) : undefined;
    if (found === undefined) return undefined;
    const { bytes, object: { etag } } = found;
    if (bytes === undefined) return { etag, meta: new JsonFault("it is too long") };
    try {
      return { etag, meta: parseDareMeta(bytes) };
    } catch (thrown) {
      if (thrown instanceof JsonFault) return { etag, meta: thrown };
      throw thrown;
    }
  }
}
