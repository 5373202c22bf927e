import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import {
  attributesOf,
  bytesOf,
  type Lack,
  type MakeStore,
  policyNamed,
  put,
  putPart,
  putParts,
  readObject,
} from "./fixture.ts";

export function reopenSuite(make: MakeStore, lacks: readonly Lack[] = []): void {
  describe("after reopening", () => {
    test.skipIf(lacks.includes("any attributes"))("everything is as it was", async () => {
      const made = await make();
      try {
        const { store } = made;
        await store.createBucket("bucket");
        await store.createBucket("emptied");
        await store.createBucket("deleted");
        await store.deleteBucket("deleted");
        const policy = policyNamed("\u{1f600}", "bucket");
        await store.setBucketDocument("bucket", "policy", policy);
        const record = await store.getBucket("bucket");
        await put(store, "emptied", "key", bytesOf(100_000));
        await store.deleteObject({ bucket: "emptied", key: "key" });
        const small = await put(store, "bucket", "small", bytesOf(10));
        const large = await put(store, "bucket", "large", bytesOf(300_000));
        const parts = lacks.includes("small parts")
          ? [bytesOf(100_000)]
          : [bytesOf(100_000, 1), bytesOf(5, 2)];
        const joined = await putParts(store, "bucket", "joined", parts);
        const upload = await store.createUpload({ bucket: "bucket", key: "pending", metadata: { a: "b" } });
        const part = await putPart(store, upload, 3, bytesOf(70_000));

        const reopened = await made.reopen();
        expect(await reopened.getBucket("bucket")).toEqual(record);
        expect(await reopened.getBucket("deleted")).toBeUndefined();
        expect(await reopened.getBucketDocument("bucket", "policy")).toBe(policy);
        expect(await reopened.head("emptied", "key")).toBeUndefined();
        expect(await reopened.head("bucket", "small")).toEqual(small);
        expect(await reopened.head("bucket", "large")).toEqual(large);
        expect(await reopened.head("bucket", "joined")).toEqual(joined);
        expect(await readObject(reopened, "bucket", "small")).toEqual(bytesOf(10));
        expect(await readObject(reopened, "bucket", "large")).toEqual(bytesOf(300_000));
        expect(await readObject(reopened, "bucket", "joined")).toEqual(Buffer.concat(parts));
        expect(await reopened.getUpload(upload)).toEqual(upload);
        const listed = await reopened.listParts(upload, { after: 0, limit: 10 });
        // A remote store may tell the time in whole seconds at first.
        expect(listed.parts).toEqual([{ ...part, lastModified: listed.parts[0]?.lastModified ?? 0 }]);
        await reopened.completeUpload({ ...upload, parts: [part], attributes: attributesOf(70_000) });
        expect(await readObject(reopened, "bucket", "pending")).toEqual(bytesOf(70_000));
        await reopened.deleteBucket("emptied");
      } finally {
        await made.remove();
      }
    });

    test.skipIf(lacks.includes("documents"))(
      "a document of the store is kept as it was last set",
      async () => {
        const made = await make();
        try {
          expect(await made.store.getDocument("store-key")).toBeUndefined();
          await made.store.setDocument("store-key", "first");
          await made.store.setDocument("store-key", '{"a":"\u{1f600}\n"}');
          expect(await made.store.getDocument("store-key")).toBe('{"a":"\u{1f600}\n"}');
          const reopened = await made.reopen();
          expect(await reopened.getDocument("store-key")).toBe('{"a":"\u{1f600}\n"}');
        } finally {
          await made.remove();
        }
      },
    );

    test("a closed store takes no more writes", async () => {
      const made = await make();
      try {
        await made.store.createBucket("bucket");
        await made.store.close();
        await made.store.close();
        await expect(put(made.store, "bucket", "key", bytesOf(10))).rejects.toThrow();
      } finally {
        await made.remove();
      }
    });
  });
}
