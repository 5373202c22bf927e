import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import type { Metadata, Store } from "../../../src/store/store.ts";
import { keysBehind } from "../../../src/store/s3/sealed/gateway-listing.ts";
import {
  attributesOf,
  bodyOf,
  bytesOf,
  expectCode,
  inByteOrder,
  METADATA,
  mustOpen,
  readRange,
} from "../../conformance/fixture.ts";
import { remoteStore, startBackend, type TestBackend } from "./backend.ts";
import { putAs, SEALED } from "./put-as.ts";

const bucket = "box";
const ENCRYPTED = { ...METADATA, ...SEALED };
/** What sorts before, at and behind the names that the gateway gives. */
const ENDINGS = [
  "",
  "!",
  "-1",
  ".txt",
  "/",
  "/-",
  "/.a",
  "/.minio",
  "/.minio/",
  "/.minio.txt",
  "/.n",
  "/b",
  "0",
  "\u{1f600}",
];
const KEYS = ["a", "a/b", "b.minio", "\uffff"].flatMap((begin) => ENDINGS.map((ending) => begin + ending));

let backend: TestBackend;
let store: Store;
const sealed = new Set(KEYS.filter((_key, i) => i % 3 !== 0));

beforeAll(async () => {
  backend = await startBackend();
  store = await remoteStore(backend, { encrypts: true });
  await store.createBucket(bucket);
  for (const key of KEYS) await put(key, sealed.has(key) ? ENCRYPTED : METADATA);
}, 60_000);
afterAll(async () => {
  await store.close();
  await backend.close();
});

function put(key: string, metadata: Metadata, size = 7) {
  return putAs(store, { bucket, key }, metadata, size);
}

test("plain and encrypted objects are listed together in byte order, in full pages, each once", async () => {
  const query = fc.record({
    prefix: fc.constantFrom("", "a", "a/", "a/b", "a/.minio", "b", "b.minio/", "\uffff", "c"),
    delimiter: fc.constantFrom("", "/", ".", "-", "/.minio/"),
    limit: fc.integer({ min: 1, max: 9 }),
  });
  await fc.assert(
    fc.asyncProperty(query, async ({ prefix, delimiter, limit }) => {
      const expected: string[] = [];
      for (const key of [...KEYS].sort(inByteOrder)) {
        if (!key.startsWith(prefix)) continue;
        const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
        const name = at < 0 ? key : key.slice(0, at + delimiter.length);
        if (expected.at(-1) !== name) expected.push(name);
      }
      const listed: string[] = [];
      for (let after = "";;) {
        const page = await store.listObjects({ bucket, prefix, delimiter, after, limit });
        const names = [...page.objects.map(({ key }) => key), ...page.prefixes].sort(inByteOrder);
        expect(names.length).toBe(Math.min(limit, expected.length - listed.length));
        listed.push(...names);
        if (page.next === undefined) break;
        after = page.next;
      }
      expect(listed).toEqual(expected);
    }),
    { numRuns: 60 },
  );
}, 120_000);

test("a key that is listed far behind its place is asked for", () => {
  expect(keysBehind("a/b.txt")).toEqual(["a/b", "a/b.txt"]);
  expect(keysBehind("a/.minio/d")).toContain("a");
  expect(keysBehind("a/.minio/data")).not.toContain("a");
});

test("a key of the gateway's own form is nothing that a client can write, read or delete", async () => {
  for (
    const key of ["a/.minio/data", "a/.minio/dare.meta", "x/.minio/1/dare.meta", "x/.minio/1/2/part.meta"]
  ) {
    await expectCode(put(key, METADATA), "XMinioInvalidObjectName");
    await expectCode(store.createUpload({ bucket, key, metadata: METADATA }), "XMinioInvalidObjectName");
    expect(await store.head(bucket, key)).toBeUndefined();
    expect(await store.open(bucket, key)).toBeUndefined();
    await store.deleteObject({ bucket, key });
  }
  expect(
    (await backend.store.listObjects({ bucket, prefix: "a-1/.minio/", delimiter: "", after: "", limit: 9 }))
      .objects,
  )
    .toHaveLength(sealed.has("a-1") ? 2 : 0);
});

test("an encrypted object hides a plain one that a killed gateway left beside it", async () => {
  await put("both", ENCRYPTED, 9);
  await backend.store.putObject({
    bucket,
    key: "both",
    body: bodyOf(bytesOf(3)),
    storedSize: 3,
    attributes: () => attributesOf(3),
  });
  const page = await store.listObjects({ bucket, prefix: "both", delimiter: "", after: "", limit: 1 });
  expect(page.objects.map(({ key, size }) => [key, size])).toEqual([["both", 9]]);
  const handle = await mustOpen(store, bucket, "both");
  expect(await readRange(handle, 0, 9)).toEqual(bytesOf(9));
  await store.deleteObject({ bucket, key: "both" });
  expect(await store.head(bucket, "both")).toBeUndefined();
  const left = await backend.store.listObjects({
    bucket,
    prefix: "both",
    delimiter: "",
    after: "",
    limit: 9,
  });
  expect(left.objects).toEqual([]);
});

const damaged = [["cut", 1], ["longer than any", 9 * 2 ** 20]] as const;

/** Replaces a document of the gateway by one that it did not write. */
const damage = (key: string, size: number) =>
  backend.store.putObject({
    bucket,
    key,
    body: bodyOf(Buffer.alloc(size, "{")),
    storedSize: size,
    attributes: () => attributesOf(size),
  });

test.each(damaged)("a document that is %s fails its own object, and no listing", async (_what, size) => {
  await put("damaged", ENCRYPTED);
  await damage("damaged/.minio/dare.meta", size);
  await expectCode(store.head(bucket, "damaged"), "XMinioObjectTampered");
  const page = await store.listObjects({ bucket, prefix: "d", delimiter: "", after: "", limit: 9 });
  expect(page.objects).toEqual([]);
  await put("damaged", ENCRYPTED);
  expect((await store.head(bucket, "damaged"))?.size).toBe(7);
  await damage("damaged/.minio/dare.meta", size);
  await store.deleteObject({ bucket, key: "damaged" });
  expect(await store.head(bucket, "damaged")).toBeUndefined();
});

test.each(damaged)("one that is %s fails its own upload, and no list of them", async (_what, size) => {
  const upload = await store.createUpload({ bucket, key: "damaged", metadata: ENCRYPTED });
  const other = await store.createUpload({ bucket, key: "whole", metadata: ENCRYPTED });
  await damage(`damaged/.minio/${upload.uploadId}/dare.meta`, size);
  await expectCode(store.getUpload(upload), "XMinioObjectTampered");
  const query = { bucket, prefix: "", delimiter: "", afterKey: "", afterUploadId: "", limit: 9 };
  expect((await store.listUploads(query)).uploads.map(({ key }) => key)).toEqual(["whole"]);
  await store.abortUpload(other);
  await backend.store.abortUpload({ ...upload, key: "damaged/.minio/data" });
});
