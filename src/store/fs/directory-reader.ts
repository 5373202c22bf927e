import { lstat, opendir, stat } from "node:fs/promises";
import type { Dirent } from "node:fs";
import { realPath } from "./data-file.ts";
import type { Layout } from "./layout.ts";
import { compareUtf8, sortUtf8 } from "../utf8-order.ts";
import { unlessMissing } from "./system-error.ts";

/** Some entries of a directory, in the order of the keys that they lead to. */
export interface Entries {
  /** Names of files, and of directories with a slash behind them. */
  readonly names: readonly string[];
  /** Whether more follow. */
  readonly more: boolean;
  /** Whether there is nothing at all in the directory, not even what is no object. */
  readonly empty: boolean;
}

/** Entries of one read that are looked at for the next ones of a page. */
const BATCH = 1024;
/** How many names of directories are kept in memory altogether. */
const MOST_KEPT = 200_000;
/** Times of a directory may be so coarse, in milliseconds, that a change shortly after another one does not show. */
const COARSEST_TIME = 2500;

/**
 * Reads directories in pieces of bounded size. A directory that has not changed for a while is kept sorted, so that the
 * pages of a long listing do not read it over and over; the time of its last change tells when that is out of date.
 */
export class DirectoryReader {
  readonly #layout: Layout;
  readonly #kept = new Map<string, Kept>();
  #keptNames = 0;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /**
   * The first entries not before `from`.
   * @param directory without symbolic links
   * @param ancestors directories that a link must not lead back to
   * @returns `undefined` when there is no such directory
   */
  async read(directory: string, from: string, ancestors: readonly string[]): Promise<Entries | undefined> {
    const facts = await unlessMissing(stat(directory));
    if (!facts?.isDirectory()) return undefined;
    const state = `${facts.ino} ${facts.mtimeMs} ${facts.ctimeMs}`;
    const kept = this.#kept.get(directory);
    if (kept?.state === state) return cut(kept.names, from, kept.empty);
    this.#forget(directory);
    const quiet = Date.now() - Math.max(facts.mtimeMs, facts.ctimeMs) > COARSEST_TIME;
    const collected = new Collected(from, quiet ? MOST_KEPT : 0);
    const found = await unlessMissing(this.#collect(directory, ancestors, collected));
    if (found === undefined) return undefined;
    const { names, complete, empty } = collected.finish();
    if (complete && !collected.hasLinks) this.#keep(directory, { state, names, empty });
    return cut(names, from, empty);
  }

  async #collect(directory: string, ancestors: readonly string[], collected: Collected): Promise<true> {
    for await (const entry of await opendir(directory, { bufferSize: 1024 })) {
      collected.empty = false;
      if (entry.isSymbolicLink()) collected.hasLinks = true;
      const name = await this.#nameOf(directory, entry, ancestors);
      if (name !== undefined) collected.add(name);
    }
    return true;
  }

  /** The name of what may be an object or lead to some. */
  async #nameOf(directory: string, entry: Dirent, ancestors: readonly string[]): Promise<string | undefined> {
    const { name } = entry;
    // No key can be that. What is no UTF-8 shows as U+FFFD, and is not there under that name.
    if (name.includes("\\")) return undefined;
    if (name.includes("\ufffd") && await unlessMissing(lstat(`${directory}/${name}`)) === undefined) {
      return undefined;
    }
    if (entry.isFile()) return name;
    if (entry.isDirectory()) return `${name}/`;
    if (!entry.isSymbolicLink()) return undefined;
    const target = await realPath(this.#layout, `${directory}/${name}`);
    const facts = target === undefined ? undefined : await unlessMissing(stat(target));
    if (target === undefined || facts === undefined) return undefined;
    if (facts.isFile()) return name;
    return facts.isDirectory() && !ancestors.includes(target) ? `${name}/` : undefined;
  }

  #keep(directory: string, kept: Kept): void {
    if (kept.names.length > MOST_KEPT) return;
    this.#kept.set(directory, kept);
    this.#keptNames += kept.names.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptNames <= MOST_KEPT) break;
      this.#forget(oldest);
    }
  }

  #forget(directory: string): void {
    this.#keptNames -= this.#kept.get(directory)?.names.length ?? 0;
    this.#kept.delete(directory);
  }
}

interface Kept {
  /** Changes whenever the directory does. */
  readonly state: string;
  readonly names: readonly string[];
  readonly empty: boolean;
}

/** The least names from a place on that a directory turns out to have; all of them as long as they are not too many. */
class Collected {
  readonly #from: string;
  readonly #most: number;
  #names: string[] = [];
  #complete = true;
  empty = true;
  hasLinks = false;

  constructor(from: string, most: number) {
    this.#from = from;
    this.#most = Math.max(most, 8 * BATCH);
  }

  add(name: string): void {
    if (!this.#complete && compareUtf8(name, this.#from) < 0) return;
    this.#names.push(name);
    if (this.#names.length <= this.#most) return;
    // One more than a batch, so that it shows that there are more.
    this.#complete = false;
    this.#names = sortUtf8(this.#names.filter((one) => compareUtf8(one, this.#from) >= 0)).slice(
      0,
      BATCH + 1,
    );
  }

  finish(): { readonly names: readonly string[]; readonly complete: boolean; readonly empty: boolean } {
    return { names: sortUtf8(this.#names), complete: this.#complete, empty: this.empty };
  }
}

function cut(sorted: readonly string[], from: string, empty: boolean): Entries {
  let start = 0;
  for (let end = sorted.length; start < end;) {
    const middle = (start + end) >> 1;
    if (compareUtf8(sorted[middle] ?? "", from) < 0) start = middle + 1;
    else end = middle;
  }
  return { names: sorted.slice(start, start + BATCH), more: sorted.length > start + BATCH, empty };
}
