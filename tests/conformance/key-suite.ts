import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { bytesOf, inByteOrder, type Lack, type MakeStore, put, readObject, SharedStore } from "./fixture.ts";
import { type Limits, possibleKeys } from "./limits.ts";

/** Legal keys that a careless store would confuse, cut, sort wrongly or lose. */
export const AWKWARD_KEYS = [
  "a",
  "a/",
  "a/b",
  "a//b",
  "a//",
  "A",
  "/",
  "//",
  "/a",
  ".",
  "..",
  "./a",
  "../a",
  "a/.",
  "a/..",
  "a/../b",
  " ",
  "a ",
  " a",
  "a\tb",
  "a\r\nb",
  "a\nb",
  "a\0b",
  "a\0",
  "\0",
  "\x01",
  "\x01\x01",
  "\x01\x02",
  "\x02",
  "\x1f",
  "\x7f",
  "\u0080",
  "%2F",
  "%00",
  "a+b",
  "a%20b",
  "a\\b",
  "C:\\a",
  "nul",
  "*",
  "?",
  "'\"`$;",
  "<&>",
  "\u00e9",
  "e\u0301",
  "\ud7ff",
  "\ue000",
  "\ufeffa",
  "\uffff",
  "\u{10000}",
  "\u{1f600}",
  "\u{10ffff}",
  "x".repeat(1024),
  "\u{1f600}".repeat(256),
  "a/".repeat(512),
  "/".repeat(1024),
  "fs.json",
  ".minio.sys/x",
  "__proto__",
  "constructor",
];

export function keySuite(make: MakeStore, limits: Limits, lacks: readonly Lack[] = []): void {
  const keys = possibleKeys(AWKWARD_KEYS, limits)
    .filter((key) => !lacks.includes("long keys") || Buffer.byteLength(key) < 900);
  describe("keys", () => {
    const shared = new SharedStore(make);

    test("every legal key holds an object of its own beside all others", async () => {
      const bucket = await shared.newBucket();
      const { store } = shared;
      for (const key of keys) await put(store, bucket, key, Buffer.from(`value of ${key}`));
      for (const key of keys) {
        expect((await store.head(bucket, key))?.key).toBe(key);
        expect(await readObject(store, bucket, key)).toEqual(Buffer.from(`value of ${key}`));
      }
      const page = await store.listObjects({ bucket, prefix: "", delimiter: "", after: "", limit: 1000 });
      expect(page.objects.map((object) => object.key)).toEqual([...keys].sort(inByteOrder));

      for (const [i, key] of keys.entries()) {
        if (i % 2 !== 0) continue;
        const deleted = await store.deleteObject({ bucket, key });
        if (!lacks.includes("deleted records")) expect(deleted).toBeDefined();
      }
      for (const [i, key] of keys.entries()) {
        expect((await store.head(bucket, key))?.key).toBe(i % 2 === 0 ? undefined : key);
      }
    });

    test("large bodies and uploads take every legal key, too", async () => {
      const bucket = await shared.newBucket();
      const { store } = shared;
      const bytes = bytesOf(70_000);
      for (const key of keys) {
        await put(store, bucket, key, bytes);
        const upload = await store.createUpload({ bucket, key, metadata: {} });
        expect((await store.getUpload(upload)).key).toBe(key);
        await store.abortUpload(upload);
      }
      for (const key of keys) {
        expect((await readObject(store, bucket, key))?.equals(bytes)).toBe(true);
      }
    });

    test("the same key in two buckets is two objects", async () => {
      const [one, other] = [await shared.newBucket(), await shared.newBucket()];
      await put(shared.store, one, "key", bytesOf(10, 1));
      await put(shared.store, other, "key", bytesOf(10, 2));
      await shared.store.deleteObject({ bucket: one, key: "key" });
      expect(await readObject(shared.store, other, "key")).toEqual(bytesOf(10, 2));
    });
  });
}
