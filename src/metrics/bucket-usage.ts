import { setTimeout } from "node:timers";
import { S3Error } from "../errors/s3-error.ts";
import type { Store } from "../store/store.ts";
import { rangeOf } from "./size-ranges.ts";

/** What lies in one bucket. */
export interface Usage {
  objects: number;
  /** Bytes as clients see them, not as they rest. */
  bytes: number;
  /** Objects by size, each under the name of its range. */
  readonly ranges: Map<string, number>;
}

/** Buckets that are told one by one; the totals know all. */
const MAX_BUCKETS = 1000;

/** Objects and buckets that are looked at together. */
const PAGE = 1000;

/** What is younger than this many milliseconds is told again. */
const MAX_AGE = 5 * 60_000;

/** For each millisecond of work the walk rests so many. */
const REST = 9;

/** The figures of a walk. */
export interface UsageReport {
  readonly buckets: ReadonlyMap<string, Usage>;
  readonly bucketCount: number;
  readonly objects: number;
  readonly bytes: number;
}

/**
 * How much lies in each bucket. Nobody waits for it: a scrape is told what the last walk over the listings found, and
 * starts the next one when that is old. A walk takes one page at a time and rests much longer than it works, and without
 * scrapes there is none.
 */
export class BucketUsage {
  readonly #store: Pick<Store, "listBuckets" | "listObjects">;
  readonly #rest: (milliseconds: number) => Promise<void>;
  #latest: UsageReport | undefined;
  #finishedAt = -Infinity;
  #walk: Promise<void> | undefined;
  #closed = false;

  constructor(store: Pick<Store, "listBuckets" | "listObjects">, rest = pause) {
    this.#store = store;
    this.#rest = rest;
  }

  /** What the last walk found; `undefined` before the first one has ended. */
  report(): UsageReport | undefined {
    if (this.#walk === undefined && !this.#closed && performance.now() - this.#finishedAt > MAX_AGE) {
      // A store that does not answer now is asked again by a later scrape.
      this.#walk = this.#measure().catch(() => {}).finally(() => this.#walk = undefined);
    }
    return this.#latest;
  }

  /** Resolves once no walk is under way. */
  async settled(): Promise<void> {
    await this.#walk;
  }

  /** Ends the walk at its next page, which is waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#walk;
  }

  async #measure(): Promise<void> {
    const buckets = new Map<string, Usage>();
    let [bucketCount, objects, bytes] = [0, 0, 0];
    for (let after: string | undefined = ""; after !== undefined;) {
      const page = await this.#store.listBuckets({ prefix: "", after, limit: PAGE });
      for (const { name } of page.buckets) {
        const usage = await this.#usageOf(name);
        if (this.#closed) return;
        if (usage === undefined) continue;
        if (buckets.size < MAX_BUCKETS) buckets.set(name, usage);
        bucketCount++;
        objects += usage.objects;
        bytes += usage.bytes;
      }
      after = page.truncated ? page.buckets.at(-1)?.name : undefined;
    }
    this.#latest = { buckets, bucketCount, objects, bytes };
    this.#finishedAt = performance.now();
  }

  /** `undefined` for a bucket that went away, or when the walk is to end. */
  async #usageOf(bucket: string): Promise<Usage | undefined> {
    const usage: Usage = { objects: 0, bytes: 0, ranges: new Map() };
    for (let after: string | undefined = ""; after !== undefined;) {
      if (this.#closed) return undefined;
      const began = performance.now();
      try {
        const page = await this.#store.listObjects({ bucket, prefix: "", delimiter: "", after, limit: PAGE });
        for (const { size } of page.objects) add(usage, size);
        after = page.next;
      } catch (thrown) {
        if (thrown instanceof S3Error && thrown.code === "NoSuchBucket") return undefined;
        throw thrown;
      }
      if (!this.#closed) await this.#rest(REST * (performance.now() - began));
    }
    return usage;
  }
}

function add(usage: Usage, size: number): void {
  usage.objects++;
  usage.bytes += size;
  const range = rangeOf(size);
  usage.ranges.set(range, (usage.ranges.get(range) ?? 0) + 1);
}

/** Keeps no process alive. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds).unref());
}
