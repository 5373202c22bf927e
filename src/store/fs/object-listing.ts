import { concurrently } from "../concurrently.ts";
import type { ListedObject, ListQuery, ObjectPage } from "../store.ts";
import type { DirectoryObjectReader } from "./directory-object-reader.ts";
import type { DirectoryReader } from "./directory-reader.ts";
import type { Layout } from "./layout.ts";
import { findObject } from "./object-files.ts";
import { isDirectoryKey } from "./object-name.ts";
import { NO_ETAG } from "./record.ts";
import { type Step, walk } from "./walk.ts";
import { STORAGE_CLASS } from "../storage-class.ts";

/** How many objects are looked at at a time. */
const READ_AT_ONCE = 16;

/** An entry of a page. */
type Shown = { readonly object: ListedObject } | { readonly group: string };

/** Pages of current objects: a walk over directories, and a look at the files of each key on the page. */
export class ObjectListing {
  readonly #layout: Layout;
  readonly #reader: DirectoryReader;
  readonly #directories: DirectoryObjectReader;

  constructor(layout: Layout, reader: DirectoryReader, directories: DirectoryObjectReader) {
    this.#layout = layout;
    this.#reader = reader;
    this.#directories = directories;
  }

  async page(query: ListQuery): Promise<ObjectPage> {
    const shown: Shown[] = [];
    let steps: Step[] = [];
    let group = query.after;
    for await (const step of walk(this.#layout, this.#reader, query)) {
      if ("group" in step) {
        if (step.group === group) continue;
        group = step.group;
      }
      steps.push(step);
      // One entry more than fits tells that there is a next page.
      if (shown.length + steps.length <= query.limit) continue;
      shown.push(...await this.#look(query.bucket, steps));
      steps = [];
      if (shown.length > query.limit) break;
    }
    shown.push(...await this.#look(query.bucket, steps));
    return pageOf(shown, query.limit);
  }

  /** What the steps of a walk lead to. Keys that are gone meanwhile, or were never objects, lead to nothing. */
  async #look(bucket: string, steps: readonly Step[]): Promise<Shown[]> {
    const looked = await concurrently(steps, READ_AT_ONCE, async (step): Promise<Shown | undefined> => {
      if ("group" in step) return step;
      const object = await this.#object(bucket, step.key);
      return object && { object };
    });
    return looked.flatMap((entry) => entry ?? []);
  }

  async #object(bucket: string, key: string): Promise<ListedObject | undefined> {
    if (isDirectoryKey(key)) return await this.#directories.head(bucket, key);
    const found = await findObject(this.#layout, bucket, key, false);
    if (found === undefined) return undefined;
    const { reading, data: { identity: { size, modified } } } = found;
    // An object that cannot be read must not hide the others, and its owner is to see that it is there.
    if ("damage" in reading) return { key, size, etag: NO_ETAG, lastModified: modified };
    const { etag, lastModified, checksum, metadata } = reading.record;
    return {
      key,
      size: reading.record.size,
      etag,
      lastModified,
      storageClass: metadata[STORAGE_CLASS],
      metadata,
      ...(checksum === undefined ? {} : { checksum: { algorithm: checksum.algorithm, type: checksum.type } }),
    };
  }
}

function pageOf(shown: readonly Shown[], limit: number): ObjectPage {
  const page = shown.slice(0, limit);
  const last = page.at(-1);
  return {
    objects: page.flatMap((entry) => "object" in entry ? [entry.object] : []),
    prefixes: page.flatMap((entry) => "group" in entry ? [entry.group] : []),
    ...(shown.length <= limit || last === undefined
      ? {}
      : { next: "group" in last ? last.group : last.object.key }),
  };
}
