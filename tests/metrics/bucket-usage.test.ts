import { expect, test } from "bun:test";
import { S3Error } from "../../src/errors/s3-error.ts";
import { BucketUsage } from "../../src/metrics/bucket-usage.ts";
import type { Store } from "../../src/store/store.ts";

type Listings = Pick<Store, "listBuckets" | "listObjects">;

const noRest = async () => {};

/** A store of buckets that hold objects of these sizes. Pages hold two of anything. */
function listings(buckets: Readonly<Record<string, readonly number[]>>): Listings & { pages: number } {
  const after = (name: string, last: string) => last === "" || name > last;
  return {
    pages: 0,
    async listBuckets({ after: last }) {
      const names = Object.keys(buckets).filter((name) => after(name, last));
      return {
        buckets: names.slice(0, 2).map((name) => ({ name, createdAt: 0 })),
        truncated: names.length > 2,
      };
    },
    async listObjects({ bucket, after: last }) {
      this.pages++;
      const sizes = buckets[bucket] ?? [];
      const all = sizes.map((size, i) => ({ key: `key-${i}`, size, etag: "", lastModified: 0 }));
      const rest = all.filter(({ key }) => after(key, last));
      const objects = rest.slice(0, 2);
      const next = objects.at(-1)?.key;
      return { objects, prefixes: [], ...rest.length > 2 && next !== undefined ? { next } : {} };
    },
  };
}

test("a walk goes over every page of every bucket, and its figures stay until they are old", async () => {
  const store = listings({ a: [10, 2000, 1, 5, 1024], b: [], c: [2 ** 30] });
  const usage = new BucketUsage(store, noRest);
  expect(usage.report()).toBeUndefined();
  await usage.settled();
  const report = usage.report();
  expect([report?.bucketCount, report?.objects, report?.bytes]).toEqual([3, 6, 3040 + 2 ** 30]);
  expect(report?.buckets.get("a")).toEqual({
    objects: 5,
    bytes: 3040,
    ranges: new Map([["LESS_THAN_1024_B", 3], ["BETWEEN_1024_B_AND_1_MB", 2]]),
  });
  expect(report?.buckets.get("b")).toEqual({ objects: 0, bytes: 0, ranges: new Map() });
  const { pages } = store;
  usage.report();
  await usage.settled();
  expect(store.pages).toBe(pages);
});

test("a walk rests nine times as long as it works", async () => {
  const rests: number[] = [];
  const store = listings({ a: [1, 2, 3, 4, 5] });
  const slow: Listings = {
    ...store,
    listObjects: async (query) => {
      const page = await store.listObjects(query);
      await Bun.sleep(5);
      return page;
    },
  };
  const usage = new BucketUsage(slow, async (rest) => void rests.push(rest));
  usage.report();
  await usage.settled();
  expect(rests.length).toBe(3);
  for (const rest of rests) expect(rest).toBeGreaterThanOrEqual(9 * 4);
});

test("a bucket that goes away meanwhile is not told, and a store that fails leaves the old figures", async () => {
  const store = listings({ a: [1], b: [2] });
  const gone: Listings = {
    ...store,
    async listObjects(query) {
      if (query.bucket === "b") throw new S3Error("NoSuchBucket");
      return await store.listObjects(query);
    },
  };
  const usage = new BucketUsage(gone, noRest);
  usage.report();
  await usage.settled();
  expect([...usage.report()?.buckets.keys() ?? []]).toEqual(["a"]);

  const broken = new BucketUsage({ ...store, listBuckets: () => Promise.reject(new Error("gone")) }, noRest);
  broken.report();
  await broken.settled();
  expect(broken.report()).toBeUndefined();
});

test("only a thousand buckets are told one by one, and the totals know all", async () => {
  const names = Array.from({ length: 1005 }, (_, i) => `bucket-${String(i).padStart(4, "0")}`);
  const usage = new BucketUsage(listings(Object.fromEntries(names.map((name) => [name, [7]]))), noRest);
  usage.report();
  await usage.settled();
  const report = usage.report();
  expect([report?.buckets.size, report?.bucketCount, report?.bytes]).toEqual([1000, 1005, 7035]);
});

test("closing ends a walk at its next page", async () => {
  const store = listings({ a: [1, 2, 3, 4, 5] });
  let wake = () => {};
  const usage = new BucketUsage(store, () => new Promise((resolve) => wake = resolve));
  usage.report();
  while (store.pages === 0) await Bun.sleep(1);
  await Bun.sleep(1);
  const closed = usage.close();
  wake();
  await closed;
  expect([store.pages, usage.report()]).toEqual([1, undefined]);
});
