import { concurrently } from "../../concurrently.ts";
import type { ListedObject, ListQuery, ObjectPage } from "../../store.ts";
import { compareUtf8 } from "../../utf8-order.ts";
import type { Backend } from "../client/backend.ts";
import { behindGroup, isGroup } from "../plain-listing.ts";
import { MOST_LISTED, remotePage } from "../remote-listing.ts";
import { metaKey, ownName } from "./names.ts";

/** Documents read at a time. */
const AT_ONCE = 16;

/** Where a listing finds encrypted objects. */
export interface SealedSource {
  /** Whether there is one under this key. */
  has(bucket: string, key: string): Promise<boolean>;
  /** What a listing shows of it; `undefined` when it is gone. */
  listed(bucket: string, key: string): Promise<ListedObject | undefined>;
}

/** A key or common prefix on its way into a page. */
interface Entry {
  readonly name: string;
  readonly kind: "prefix" | "sealed" | ListedObject;
}

/**
 * Lists the objects of a gateway, plain and encrypted ones, exactly: each once, in byte order, in full pages.
 *
 * A backend lists the encrypted object `a` under the name `a/.minio/dare.meta`, which is behind `a!` and `a.txt`. So
 * behind the end of a page there may be objects that belong into it. Their keys are beginnings of the last name of the
 * page, because only names that begin with `a` are between `a` and `a/.minio/dare.meta`: a handful, which is asked for.
 */
export class GatewayListing {
  readonly #backend: Backend;
  readonly #sealed: SealedSource;

  constructor(backend: Backend, sealed: SealedSource) {
    this.#backend = backend;
    this.#sealed = sealed;
  }

  /** @throws S3Error NoSuchBucket */
  async page(query: ListQuery): Promise<ObjectPage> {
    const { bucket, limit } = query;
    const entries: Entry[] = [];
    const fold = new Folding(query);
    let mark = isGroup(query.after, query) ? behindGroup(query.after) : query.after;
    for (let more = true; more && entries.length <= limit;) {
      const found = await this.#stretch(query, mark);
      entries.push(...fold.entries(found.keys));
      more = found.last !== undefined;
      mark = fold.markBehind(found.last ?? "");
    }
    const shown = entries.slice(0, limit);
    const objects = await concurrently(
      shown.flatMap(({ name, kind }) => kind === "prefix" ? [] : [{ name, kind }]),
      AT_ONCE,
      async ({ name, kind }) => kind === "sealed" ? await this.#sealed.listed(bucket, name) : kind,
    );
    const next = entries.length > limit ? shown.at(-1)?.name : undefined;
    return {
      objects: objects.flatMap((object) => object ?? []),
      prefixes: shown.flatMap(({ name, kind }) => kind === "prefix" ? [name] : []),
      ...(next === undefined ? {} : { next }),
    };
  }

  /**
   * All keys that one page of the backend behind `mark` leads to.
   * @returns also the last name of the page, when more follow
   */
  async #stretch({ bucket, prefix, limit }: ListQuery, mark: string) {
    const page = await remotePage(this.#backend, {
      bucket,
      prefix,
      delimiter: "",
      after: mark,
      // Most objects have two names here.
      limit: Math.min(2 * limit + 2, MOST_LISTED),
    });
    const keys = new Map<string, "sealed" | ListedObject>();
    for (const object of page.objects) {
      const own = ownName(object.key);
      if (own?.kind === "meta") keys.set(own.key, "sealed");
      else if (own === undefined && !keys.has(object.key)) keys.set(object.key, object);
    }
    const last = page.truncated ? page.objects.at(-1)?.key : undefined;
    if (last !== undefined) {
      const hidden = keysBehind(last).filter((key) => keys.get(key) !== "sealed");
      const there = await Promise.all(hidden.map((key) => this.#sealed.has(bucket, key)));
      hidden.forEach((key, i) => {
        if (there[i] === true) keys.set(key, "sealed");
      });
    }
    return { keys, last };
  }
}

/** Beginnings of a name that could be keys of encrypted objects which the backend lists behind that name. */
export function keysBehind(name: string): string[] {
  const keys: string[] = [];
  for (let end = 1; end <= name.length; end++) {
    const key = name.slice(0, end);
    const next = name.charCodeAt(end);
    // Only what sorts before "/" can be in front of the rest of the name.
    if (end < name.length && next > 0x2f) continue;
    if (compareUtf8(name, metaKey(key)) < 0) keys.push(key);
  }
  return keys;
}

/** Puts keys in order and folds them into common prefixes, over all stretches of one listing. */
class Folding {
  readonly #query: ListQuery;
  /** The last key that was looked at: what comes later and is before it has been seen already. */
  #floor: string;
  #group: string | undefined;

  constructor(query: ListQuery) {
    this.#query = query;
    this.#floor = query.after;
  }

  entries(keys: ReadonlyMap<string, "sealed" | ListedObject>): Entry[] {
    const { prefix, delimiter, after } = this.#query;
    const entries: Entry[] = [];
    const sorted = [...keys].sort(([a], [b]) => compareUtf8(a, b));
    for (const [key, kind] of sorted) {
      if (!key.startsWith(prefix) || compareUtf8(key, this.#floor) <= 0) continue;
      this.#floor = key;
      const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      if (at < 0) {
        entries.push({ name: key, kind });
        continue;
      }
      const group = key.slice(0, at + delimiter.length);
      if (group === this.#group || group === after) continue;
      this.#group = group;
      entries.push({ name: group, kind: "prefix" });
    }
    return entries;
  }

  /** Where to go on behind the last name of a stretch: a group that was shown is left at once. */
  markBehind(last: string): string {
    const group = this.#group;
    return group !== undefined && last.startsWith(group) ? behindGroup(group) : last;
  }
}
