/** One page of a listing: what it shows, the common prefixes, and its last entry when more follow. */
export interface FoldedPage<T> {
  readonly items: readonly T[];
  readonly prefixes: readonly string[];
  readonly last?: T | string;
}

/** Where a listing finds its entries: sorted in UTF-8 byte order of their keys, from a position onwards. */
export interface EntrySource<T extends object, P> {
  /** Up to `most` entries from `position` on, all of which start with the query's prefix. */
  scan(position: P, most: number): readonly T[];
  key(entry: T): string;
  /** The position behind this entry. */
  behind(entry: T): P;
  /** The position behind every key with this prefix. */
  behindAll(prefix: string): P;
  /** Up to `most` common prefixes from `position` on, while keys fold; a source may not know any. */
  groups?(position: P, most: number): readonly string[];
}

/**
 * Collects a page of `limit` entries and common prefixes. A group of keys that folds into one common prefix is left by
 * a seek, not by reading it, so the time depends on the page and not on the bucket.
 */
export function foldedPage<T extends object, P>(
  source: EntrySource<T, P>,
  query: { readonly prefix: string; readonly delimiter: string; readonly limit: number },
  start: P,
): FoldedPage<T> {
  const page = new PageInProgress<T>(query.limit);
  let group: string | undefined;
  let position = start;
  let batch = query.delimiter === "" ? query.limit + 1 : FIRST_BATCH;
  while (true) {
    const shown = page.size;
    const entries = source.scan(position, batch);
    for (const entry of entries) {
      const key = source.key(entry);
      if (group !== undefined && key.startsWith(group)) continue;
      group = commonPrefix(key, query.prefix, query.delimiter);
      if (!page.show(group ?? entry)) return page.full();
    }
    const end = entries.at(-1);
    if (end === undefined || entries.length < batch) return page.complete();
    // Read ahead only as far as this batch has shown that entries do not fold.
    batch = Math.min(Math.max(2 * (page.size - shown), 2), query.limit + 1);
    if (group === undefined) {
      position = source.behind(end);
      continue;
    }
    position = source.behindAll(group);
    for (const next of source.groups?.(position, query.limit + 1 - page.size) ?? []) {
      if (!page.show(next)) return page.full();
      group = next;
      position = source.behindAll(next);
    }
  }
}

class PageInProgress<T extends object> {
  readonly #limit: number;
  readonly #items: T[] = [];
  readonly #prefixes: string[] = [];
  #last: T | string | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#items.length + this.#prefixes.length;
  }

  /** Adds an entry or a common prefix; false when the page was full already. */
  show(shown: T | string): boolean {
    if (this.size === this.#limit) return false;
    if (typeof shown === "string") this.#prefixes.push(shown);
    else this.#items.push(shown);
    this.#last = shown;
    return true;
  }

  /** The page when more follows. */
  full(): FoldedPage<T> {
    return { ...this.complete(), ...(this.#last !== undefined ? { last: this.#last } : {}) };
  }

  /** The page when it is the last one. */
  complete(): FoldedPage<T> {
    return { items: this.#items, prefixes: this.#prefixes };
  }
}

const FIRST_BATCH = 16;

/** The key up to the first delimiter after the prefix, `undefined` when there is none. */
export function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === "") return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** Whether `marker` is a common prefix that this query could have shown. */
export function isCommonPrefix(marker: string, query: { prefix: string; delimiter: string }): boolean {
  return marker.startsWith(query.prefix) && commonPrefix(marker, query.prefix, query.delimiter) === marker;
}
