import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { S3Error } from "../../src/errors/s3-error.ts";
import type { Store } from "../../src/store/store.ts";
import { everyBucket, everyObject, everyUpload } from "../../src/store/walk.ts";
import { temporaryStore } from "../s3/temporary-store.ts";

describe("a walk", () => {
  let store: Store;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ store, remove } = await temporaryStore());
    for (const [bucket, count] of [["walk-a", 1], ["walk-b", 0], ["walk-c", 2001]] as const) {
      await store.createBucket(bucket);
      await Promise.all(Array.from({ length: count }, (_, i) => put(bucket, `${i}`)));
      for (let i = 0; i < Math.min(count, 1002); i++) {
        await store.createUpload({ bucket, key: `${i % 3}`, metadata: {} });
      }
    }
  });
  afterAll(() => remove());

  async function put(bucket: string, key: string): Promise<void> {
    const attributes = () => ({ size: 0, etag: "", metadata: {} });
    await store.putObject({ bucket, key, body: (async function* () {})(), attributes });
  }

  test("comes by every object and every upload once", async () => {
    const objects: string[] = [];
    for await (const page of everyObject(store)) {
      objects.push(...page.objects.map(({ key }) => `${page.bucket}/${key}`));
    }
    expect(new Set(objects.filter((name) => name.startsWith("walk-"))).size).toBe(2002);
    const uploads: string[] = [];
    for await (const page of everyUpload(store)) uploads.push(...page.map(({ uploadId }) => uploadId));
    expect([uploads.length, new Set(uploads).size]).toEqual([1003, 1003]);
    const buckets: string[] = [];
    for await (const { name } of everyBucket(store)) buckets.push(name);
    expect(buckets.filter((name) => name.startsWith("walk-"))).toEqual(["walk-a", "walk-b", "walk-c"]);
  });

  test("goes on with the next bucket when one is deleted, and ends with any other error", async () => {
    const failing = (bucket: string, error: Error) => ({
      listBuckets: store.listBuckets,
      listObjects: (query: Parameters<Store["listObjects"]>[0]) =>
        query.bucket === bucket ? Promise.reject(error) : store.listObjects(query),
    });
    const seen = new Set<string>();
    for await (const { bucket } of everyObject(failing("walk-a", new S3Error("NoSuchBucket")))) {
      seen.add(bucket);
    }
    expect([seen.has("walk-a"), seen.has("walk-c")]).toEqual([false, true]);
    const walk = Array.fromAsync(everyObject(failing("walk-c", new S3Error("InternalError"))));
    await expect(walk).rejects.toThrow(S3Error);
  });
});
