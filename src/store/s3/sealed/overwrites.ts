import { S3Error } from "../../../errors/s3-error.ts";
import type { BackendEncryption, Expectation } from "../../store.ts";
import { isRefusal } from "../refusal.ts";
import type { RemoteObjects } from "../remote-objects.ts";
import type { Commits } from "./commits.ts";
import type { DareMeta } from "./dare-meta.ts";
import type { MetaDocuments, SeenMeta } from "./meta-documents.ts";
import { dataKey, metaKey } from "./names.ts";
import type { FoundMeta } from "./sealed-record.ts";
import { stampOf } from "./stamp.ts";

/** How often a document is written under the condition that it is still the one that was seen. */
const ATTEMPTS = 5;

/** Data that is in its place, and the document that makes it the object. */
export interface Placed {
  readonly bucket: string;
  readonly key: string;
  readonly meta: DareMeta;
  /** What was there before the data was put in its place. */
  readonly before: SeenMeta | undefined;
  readonly encryption: BackendEncryption | undefined;
}

/**
 * Writes without conditions of encrypted objects. Of several at once, through however many gateways, the data that came
 * last is the object. So a document is only written over one that was seen before the data was put in its place: whoever
 * finds another one looks whose data it is, and leaves the document to the writer of that.
 */
export class Overwrites {
  readonly #documents: MetaDocuments;
  readonly #objects: RemoteObjects;
  readonly #commits: Commits;
  /** Whether the backend has not said yet that it knows no conditional writes. */
  #conditional = true;

  constructor(documents: MetaDocuments, objects: RemoteObjects, commits: Commits) {
    this.#documents = documents;
    this.#objects = objects;
    this.#commits = commits;
  }

  /** What is there before data is put in its place. No other data can come into its place late after that. */
  async before(bucket: string, key: string): Promise<SeenMeta | undefined> {
    const seen = await this.#documents.look(bucket, metaKey(key));
    if (seen?.meta !== undefined) await this.#commits.finish(bucket, key, seen.meta);
    return seen;
  }

  /**
   * Writes the document, unless other data has come meanwhile: then this object was overwritten as soon as it was there.
   * @throws S3Error as the backend names it
   */
  async describe({ bucket, key, meta, before, encryption }: Placed): Promise<FoundMeta> {
    for (let left = ATTEMPTS, seen = before;; left--) {
      try {
        const expect = left > 0 && this.#conditional ? unchanged(seen) : undefined;
        return await this.#documents.write(bucket, metaKey(key), meta, expect);
      } catch (thrown) {
        // The last attempt does without conditions, which other servers may take otherwise.
        if (left === 0) throw thrown;
        if (thrown instanceof S3Error && thrown.code === "NotImplemented") this.#conditional = false;
        seen = await this.before(bucket, key);
        if (seen?.meta !== undefined && isSame(seen.meta, meta)) return { meta, etag: seen.etag };
        if (!await this.#isData(bucket, key, meta, encryption)) return { meta, etag: "" };
      }
    }
  }

  async #isData(
    bucket: string,
    key: string,
    { own }: DareMeta,
    encryption: BackendEncryption | undefined,
  ): Promise<boolean> {
    try {
      const data = await this.#objects.head(bucket, dataKey(key), encryption);
      return data !== undefined && stampOf(data.metadata)?.write === own?.write;
    } catch (thrown) {
      // That of another customer.
      if (isRefusal(thrown)) return false;
      throw thrown;
    }
  }
}

function unchanged(seen: SeenMeta | undefined): Expectation {
  return seen === undefined ? { absent: true } : { revision: seen.etag };
}

/** Whether a write arrived whose answer did not. A reader that took this one for cut off has not written the same. */
function isSame(there: DareMeta, meta: DareMeta): boolean {
  return there.own?.write === meta.own?.write && there.etag === meta.etag;
}
