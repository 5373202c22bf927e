import { describe, expect, test } from "bun:test";
import {
  bytesOf,
  expectCode,
  type MakeStore,
  policyNamed,
  put,
  putPart,
  readObject,
  SharedStore,
} from "./fixture.ts";

export function bucketSuite(make: MakeStore): void {
  describe("buckets", () => {
    const shared = new SharedStore(make);

    test("a created bucket is there, with the time of its creation", async () => {
      const before = Date.now();
      const bucket = await shared.newBucket();
      const record = await shared.store.getBucket(bucket);
      expect(record?.name).toBe(bucket);
      // File systems and remote stores may keep whole seconds.
      expect(record?.createdAt).toBeGreaterThan(before - 2000);
      expect(record?.createdAt).toBeLessThan(Date.now() + 2000);
    });

    test("a bucket that was never created is not there", async () => {
      expect(await shared.store.getBucket("never-created")).toBeUndefined();
    });

    test("creating a bucket twice fails and changes nothing", async () => {
      const bucket = await shared.newBucket();
      await put(shared.store, bucket, "key", bytesOf(3));
      await expectCode(shared.store.createBucket(bucket), "BucketAlreadyOwnedByYou");
      expect(await readObject(shared.store, bucket, "key")).toEqual(bytesOf(3));
    });

    test("of many that create one bucket at once, one succeeds", async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, () => shared.store.createBucket("raced-for")),
      );
      expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
      expect(await shared.store.getBucket("raced-for")).toBeDefined();
    });

    test("buckets are listed in byte order, by prefix, in pages", async () => {
      const names = ["list-b", "list-a", "list-a.a", "list-a-a", "list-10", "list-9"];
      for (const name of names) await shared.store.createBucket(name);
      const sorted = [...names].sort();
      const listed: string[] = [];
      let after = "";
      let pages = 0;
      while (true) {
        const page = await shared.store.listBuckets({ prefix: "list-", after, limit: 4 });
        listed.push(...page.buckets.map((bucket) => bucket.name));
        pages++;
        if (!page.truncated) break;
        after = listed.at(-1) ?? "";
      }
      expect(listed).toEqual(sorted);
      expect(pages).toBe(2);
      const page = await shared.store.listBuckets({ prefix: "list-", after: "", limit: 6 });
      expect(page.truncated).toBe(false);
    });

    test("an empty bucket can be deleted, and made again without its documents", async () => {
      const bucket = await shared.newBucket();
      await shared.store.setBucketDocument(bucket, "policy", policyNamed("a", bucket));
      await shared.store.deleteBucket(bucket);
      expect(await shared.store.getBucket(bucket)).toBeUndefined();
      await expectCode(shared.store.deleteBucket(bucket), "NoSuchBucket");
      await shared.store.createBucket(bucket);
      expect(await shared.store.getBucketDocument(bucket, "policy")).toBeUndefined();
    });

    test("a bucket with an object is not deleted", async () => {
      const bucket = await shared.newBucket();
      await put(shared.store, bucket, "key", bytesOf(3));
      await expectCode(shared.store.deleteBucket(bucket), "BucketNotEmpty");
      expect(await readObject(shared.store, bucket, "key")).toEqual(bytesOf(3));
      await shared.store.deleteObject({ bucket, key: "key" });
      await shared.store.deleteBucket(bucket);
    });

    test("unfinished uploads go with their bucket", async () => {
      const bucket = await shared.newBucket();
      const upload = await shared.store.createUpload({ bucket, key: "key", metadata: {} });
      await putPart(shared.store, upload, 1, bytesOf(10));
      await shared.store.deleteBucket(bucket);
      await shared.store.createBucket(bucket);
      await expectCode(shared.store.getUpload(upload), "NoSuchUpload");
      const query = { prefix: "", delimiter: "", afterKey: "", afterUploadId: "", limit: 10 };
      expect((await shared.store.listUploads({ bucket, ...query })).uploads).toEqual([]);
    });

    test("a document is kept as it was set, replaced and removed", async () => {
      const bucket = await shared.newBucket();
      const { store } = shared;
      expect(await store.getBucketDocument(bucket, "policy")).toBeUndefined();
      const policies = [policyNamed("\u00e9 \u{1f600}\n", bucket), policyNamed("b", bucket)];
      await store.setBucketDocument(bucket, "encryption", "AES256");
      for (const policy of policies) {
        await store.setBucketDocument(bucket, "policy", policy);
        expect(await store.getBucketDocument(bucket, "policy")).toBe(policy);
      }
      await store.setBucketDocument(bucket, "policy", undefined);
      await store.setBucketDocument(bucket, "policy", undefined);
      expect(await store.getBucketDocument(bucket, "policy")).toBeUndefined();
      expect(await store.getBucketDocument(bucket, "encryption")).toBe("AES256");
    });

    test("everything about a missing bucket fails with NoSuchBucket", async () => {
      const bucket = "missing-bucket";
      const { store } = shared;
      const id = { bucket, key: "key", uploadId: "0" };
      const page = { prefix: "", delimiter: "", limit: 1 };
      const revision = "r";
      const attributes = { size: 0, etag: "e", metadata: {} };
      for (
        const call of [
          () => store.deleteBucket(bucket),
          () => store.getBucketDocument(bucket, "policy"),
          () => store.setBucketDocument(bucket, "policy", policyNamed("a", bucket)),
          () => store.head(bucket, "key"),
          () => store.open(bucket, "key"),
          () => put(store, bucket, "key", bytesOf(1)),
          () => put(store, bucket, "key", bytesOf(200_000)),
          () => store.replaceAttributes({ bucket, key: "key", revision, attributes }),
          () => store.deleteObject({ bucket, key: "key" }),
          () => store.listObjects({ bucket, ...page, after: "" }),
          () => store.createUpload({ bucket, key: "key", metadata: {} }),
          () => store.getUpload(id),
          () => putPart(store, id, 1, bytesOf(1)),
          () => store.listParts(id, { after: 0, limit: 1 }),
          () => store.listUploads({ bucket, ...page, afterKey: "", afterUploadId: "" }),
          () => store.completeUpload({ ...id, parts: [{ number: 1, revision: "x" }], attributes }),
          () => store.abortUpload(id),
        ]
      ) {
        await expectCode(call(), "NoSuchBucket");
      }
    });
  });
}
