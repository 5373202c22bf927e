import { describe, expect, test } from "bun:test";
import { readFile, rm, truncate } from "node:fs/promises";
import { Buffer } from "node:buffer";
import { openEmbeddedStore } from "../../../src/store/embedded/open.ts";
import {
  attributesOf,
  bodyOf,
  bytesOf,
  expectCode,
  failingBody,
  mustOpen,
  put,
  putPart,
  putParts,
  readObject,
  readRange,
} from "../../conformance/fixture.ts";
import { blobFiles, eventually, testDirectories } from "./directory.ts";

describe("body files", () => {
  const newDirectory = testDirectories();
  const newStore = async () => {
    const directory = await newDirectory();
    const store = await openEmbeddedStore(directory);
    await store.createBucket("bucket");
    return { directory, store };
  };

  test("a body of 64 KiB lives in the database, a larger one in a file of exactly its bytes", async () => {
    const { directory, store } = await newStore();
    await put(store, "bucket", "small", bytesOf(65_536));
    expect(await blobFiles(directory)).toEqual([]);
    await put(store, "bucket", "large", bytesOf(65_537));
    const files = await blobFiles(directory);
    expect(files).toHaveLength(1);
    expect((await readFile(files[0] ?? "")).equals(bytesOf(65_537))).toBe(true);
    await store.close();
  });

  test("the files of parts are the files of the object", async () => {
    const { directory, store } = await newStore();
    const upload = await store.createUpload({ bucket: "bucket", key: "key", metadata: {} });
    const parts = [
      await putPart(store, upload, 1, bytesOf(100_000)),
      await putPart(store, upload, 2, bytesOf(5)),
    ];
    const before = await blobFiles(directory);
    await store.completeUpload({ ...upload, parts, attributes: attributesOf(100_005) });
    expect((await blobFiles(directory)).sort()).toEqual(before.sort());
    await store.close();
  });

  test("files go when nothing needs them any more, and not before", async () => {
    const { directory, store } = await newStore();
    await put(store, "bucket", "key", bytesOf(100_000, 1));
    const reader = await mustOpen(store, "bucket", "key");
    await put(store, "bucket", "key", bytesOf(100_000, 2));
    await putParts(store, "bucket", "joined", [bytesOf(10), bytesOf(20)]);
    await store.deleteObject({ bucket: "bucket", key: "joined" });
    await store.deleteObject({ bucket: "bucket", key: "key" });
    await eventually(async () => (await blobFiles(directory)).length === 1);
    expect(await readRange(reader, 0, 100_000)).toEqual(bytesOf(100_000, 1));
    reader.close();
    await eventually(async () => (await blobFiles(directory)).length === 0);
    await store.close();
  });

  test("replaced parts, parts not chosen, aborted uploads and deleted buckets leave no file", async () => {
    const { directory, store } = await newStore();
    const upload = await store.createUpload({ bucket: "bucket", key: "key", metadata: {} });
    await putPart(store, upload, 1, bytesOf(10));
    const part = await putPart(store, upload, 1, bytesOf(11));
    await putPart(store, upload, 2, bytesOf(12));
    await store.completeUpload({ ...upload, parts: [part], attributes: attributesOf(11) });
    const aborted = await store.createUpload({ bucket: "bucket", key: "key", metadata: {} });
    await putPart(store, aborted, 1, bytesOf(13));
    await store.abortUpload(aborted);
    await store.createBucket("other");
    const left = await store.createUpload({ bucket: "other", key: "key", metadata: {} });
    await putPart(store, left, 1, bytesOf(14));
    await store.deleteBucket("other");
    await eventually(async () => (await blobFiles(directory)).length === 1);
    expect(await readObject(store, "bucket", "key")).toEqual(bytesOf(11));
    await store.close();
  });

  test("failed writes leave no file", async () => {
    const { directory, store } = await newStore();
    const large = bytesOf(2_000_000);
    const failure = new Error("the client went away");
    const attributes = () => attributesOf(large.length);
    const failed = [
      store.putObject({ bucket: "bucket", key: "key", body: failingBody(large, failure), attributes }),
      store.putObject({
        bucket: "bucket",
        key: "key",
        body: bodyOf(large),
        attributes: () => Promise.reject(failure),
      }),
      store.putObject({
        bucket: "bucket",
        key: "key",
        body: bodyOf(large),
        attributes,
        expect: { revision: "other" },
      }),
      store.putObject({ bucket: "bucket", key: "key", body: bodyOf(large), attributes, storedSize: 1 }),
    ];
    const results = await Promise.allSettled(failed);
    expect(results.map((result) => result.status)).toEqual(failed.map(() => "rejected"));
    expect(await blobFiles(directory)).toEqual([]);
    await store.close();
  });

  test.each([[10, 11], [10, 9], [200_000, 200_001], [200_000, 70_000]])(
    "a body of %d bytes that was announced as %d is refused",
    async (size, storedSize) => {
      const { store } = await newStore();
      const attributes = () => attributesOf(size);
      await expectCode(
        store.putObject({
          bucket: "bucket",
          key: "key",
          body: bodyOf(bytesOf(size)),
          storedSize,
          attributes,
        }),
        "IncompleteBody",
      );
      expect(await store.head("bucket", "key")).toBeUndefined();
      await store.close();
    },
  );

  test.each([1000, 300_000])("chunks of %d bytes are copied before they are freed", async (size) => {
    const { store } = await newStore();
    const chunks = Array.from({ length: 10 }, (_, i) => new Uint8Array(size / 10).fill(i));
    async function* body() {
      for (const chunk of chunks) {
        yield chunk;
        const freed = chunk.length === 0;
        expect(freed).toBe(size === 300_000);
        if (!freed) chunk.fill(255);
      }
    }
    await store.putObject({
      bucket: "bucket",
      key: "key",
      body: body(),
      attributes: () => attributesOf(size),
    });
    const expected = Buffer.concat(Array.from({ length: 10 }, (_, i) => Buffer.alloc(size / 10, i)));
    expect((await readObject(store, "bucket", "key"))?.equals(expected)).toBe(true);
    await store.close();
  });

  test("a file that is cut short or missing makes the read throw", async () => {
    const { directory, store } = await newStore();
    await put(store, "bucket", "key", bytesOf(3_000_000));
    const [file = ""] = await blobFiles(directory);
    await truncate(file, 2_500_000);
    const handle = await mustOpen(store, "bucket", "key");
    expect((await readRange(handle, 0, 2_500_000)).equals(bytesOf(2_500_000))).toBe(true);
    await expectCode(readRange(handle, 0, 3_000_000), "XMinioObjectTampered");
    await rm(file);
    await expectCode(readRange(handle, 0, 10), "XMinioObjectTampered");
    handle.close();
    await store.close();
  });

  test("more uploads than there are write buffers are all written whole", async () => {
    const { store } = await newStore();
    const count = 40;
    let waiting = 0;
    let release = () => {};
    const all = new Promise<void>((resolve) => release = resolve);
    async function* body(bytes: Buffer) {
      yield bytes.subarray(0, 300_000);
      if (++waiting === count) release();
      await all;
      yield bytes.subarray(300_000);
    }
    await Promise.all(Array.from({ length: count }, (_, i) => {
      const attributes = () => attributesOf(700_000);
      return store.putObject({ bucket: "bucket", key: `${i}`, body: body(bytesOf(700_000, i)), attributes });
    }));
    for (let i = 0; i < count; i++) {
      expect((await readObject(store, "bucket", `${i}`))?.equals(bytesOf(700_000, i))).toBe(true);
    }
    await store.close();
  });
});
