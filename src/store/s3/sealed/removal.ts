import { isRefusal } from "../refusal.ts";
import type { RemoteObject } from "../remote-object.ts";
import type { RemoteObjects } from "../remote-objects.ts";
import type { Commits } from "./commits.ts";
import type { DareMeta } from "./dare-meta.ts";
import type { MetaDocuments, SeenMeta } from "./meta-documents.ts";
import { dataKey, metaKey } from "./names.ts";
import { belongs } from "./recovery.ts";
import { mayBeUnfinished } from "./longest-write.ts";

/** Takes encrypted objects away, each only as it was seen: another gateway may have put a new one in its place. */
export class Removal {
  readonly #documents: MetaDocuments;
  readonly #objects: RemoteObjects;
  readonly #commits: Commits;

  constructor(documents: MetaDocuments, objects: RemoteObjects, commits: Commits) {
    this.#documents = documents;
    this.#objects = objects;
    this.#commits = commits;
  }

  /** First what the object is found by. @throws S3Error as the backend names it */
  async remove(bucket: string, key: string, seen: SeenMeta): Promise<void> {
    // Data that came into its place late would stay there.
    if (seen.meta !== undefined) await this.#commits.finish(bucket, key, seen.meta);
    let now = seen;
    while (!await this.#objects.deleteExactly(bucket, metaKey(key), now.etag)) {
      const next = await this.#documents.look(bucket, metaKey(key));
      // The same object may have got other keys meanwhile.
      if (next === undefined || next.meta?.own?.write !== now.meta?.own?.write) return;
      now = next;
    }
    await this.#removeData(bucket, dataKey(key), now.meta);
  }

  async #removeData(bucket: string, name: string, meta: DareMeta | undefined): Promise<void> {
    const etag = meta?.own?.data;
    if (etag !== undefined && await this.#objects.deleteExactly(bucket, name, etag)) return;
    try {
      const data = await this.#objects.head(bucket, name);
      if (data === undefined || (meta !== undefined && isNeeded(meta, data))) return;
      await this.#objects.deleteExactly(bucket, name, data.etag);
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      // Data under a customer's key says nothing of itself.
      if (etag === undefined) await this.#objects.delete(bucket, name);
    }
  }
}

/**
 * Whether data is another object's, or has a document that a reader wrote: its writer may have come no further than to
 * put it in its place, and must not find it gone when he is about to write his own.
 */
function isNeeded(meta: DareMeta, data: RemoteObject): boolean {
  const { write, data: etag, staged } = meta.own ?? {};
  const byReader = write !== undefined && etag === undefined && staged === undefined;
  return !belongs({ meta }, data) || (byReader && mayBeUnfinished(data.lastModified));
}
