/** One page of a listing: what it shows, the common prefixes, and its last entry when more follow. */
export interface FoldedPage<T> {
  readonly items: readonly T[];
  readonly prefixes: readonly string[];
  readonly last?: T | string;
}

/** Where a listing finds its entries: sorted in UTF-8 byte order of their keys, from a position onwards. */
export interface EntrySource<T, P> {
  /** Up to `most` entries from `position` on, all of which start with the query's prefix. */
  scan(position: P, most: number): readonly T[];
  key(entry: T): string;
  /** The position behind this entry. */
  behind(entry: T): P;
  /** The position behind every key with this prefix. */
  behindAll(prefix: string): P;
}

/**
 * Collects a page of `limit` entries and common prefixes. A group of keys that folds into one common prefix is left by
 * a seek, not by reading it, so the time depends on the page and not on the bucket.
 */
export function foldedPage<T, P>(
  source: EntrySource<T, P>,
  query: { readonly prefix: string; readonly delimiter: string; readonly limit: number },
  start: P,
): FoldedPage<T> {
  const items: T[] = [];
  const prefixes: string[] = [];
  let last: T | string | undefined;
  let group: string | undefined;
  let position = start;
  let batch = query.delimiter === "" ? query.limit + 1 : FIRST_BATCH;
  while (true) {
    const before = items.length + prefixes.length;
    const entries = source.scan(position, batch);
    for (const entry of entries) {
      const key = source.key(entry);
      if (group !== undefined && key.startsWith(group)) continue;
      group = commonPrefix(key, query.prefix, query.delimiter);
      if (items.length + prefixes.length === query.limit) {
        return { items, prefixes, ...(last !== undefined ? { last } : {}) };
      }
      if (group === undefined) items.push(entry);
      else prefixes.push(group);
      last = group ?? entry;
    }
    const end = entries.at(-1);
    if (end === undefined || entries.length < batch) return { items, prefixes };
    position = group === undefined ? source.behind(end) : source.behindAll(group);
    // Read ahead only as far as the last batch has shown that entries do not fold.
    const shown = items.length + prefixes.length - before;
    batch = Math.min(Math.max(2 * shown, 2), query.limit + 1);
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
