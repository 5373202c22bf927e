import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { BlobFiles } from "../../../src/store/embedded/blob-files.ts";
import { openDatabase } from "../../../src/store/embedded/database.ts";
import { EmbeddedStore } from "../../../src/store/embedded/embedded-store.ts";
import { bytesOf, expectCode, put, putPart, readObject } from "../../conformance/fixture.ts";
import { blobFiles, testDirectories } from "./directory.ts";

describe("a full disk", () => {
  const newDirectory = testDirectories();
  afterEach(() => mock.restore());

  const newStore = async (free?: () => number) => {
    const directory = await newDirectory();
    const database = openDatabase(directory, 0);
    const store = new EmbeddedStore(database, await BlobFiles.open(join(directory, "blobs"), free));
    await store.createBucket("bucket");
    await put(store, "bucket", "small", bytesOf(10));
    await put(store, "bucket", "large", bytesOf(200_000));
    return { directory, database, store };
  };

  const expectUnharmed = async (directory: string, store: EmbeddedStore) => {
    expect(await readObject(store, "bucket", "small")).toEqual(bytesOf(10));
    expect(await readObject(store, "bucket", "large")).toEqual(bytesOf(200_000));
    expect(await blobFiles(directory)).toHaveLength(1);
  };

  test("in the database refuses writes and loses nothing", async () => {
    const { directory, database, store } = await newStore();
    database.exec("PRAGMA max_page_count = 1");
    const writes = Array.from({ length: 5 }, (_, i) => put(store, "bucket", `new-${i}`, bytesOf(60_000)));
    for (const write of [...writes, put(store, "bucket", "small", bytesOf(60_000))]) {
      await expectCode(write, "XMinioStorageFull");
    }
    await expectUnharmed(directory, store);
    database.exec("PRAGMA max_page_count = 1000000");
    await put(store, "bucket", "small", bytesOf(60_000));
    expect(await readObject(store, "bucket", "small")).toEqual(bytesOf(60_000));
    await store.close();
  });

  test.each(["write", "datasync"] as const)("at %s of a file refuses it and loses nothing", async (call) => {
    const { directory, store } = await newStore();
    const prototype = await prototypeOfFileHandle(directory);
    const full = Object.assign(new Error(`ENOSPC: no space left on device, ${call}`), { code: "ENOSPC" });
    spyOn(prototype, call).mockImplementation(() => Promise.reject(full));
    await expectCode(put(store, "bucket", "large", bytesOf(3_000_000)), "XMinioStorageFull");
    await expectCode(put(store, "bucket", "new", bytesOf(100_000)), "XMinioStorageFull");
    const upload = await store.createUpload({ bucket: "bucket", key: "key", metadata: {} });
    await expectCode(putPart(store, upload, 1, bytesOf(10)), "XMinioStorageFull");
    mock.restore();
    await expectUnharmed(directory, store);
    expect((await store.listParts(upload, { after: 0, limit: 1 })).parts).toEqual([]);
    await put(store, "bucket", "large", bytesOf(3_000_000));
    await store.close();
  });

  test("keeps a reserve, so that deletes go on when writes do not", async () => {
    let free = 64 * 1024 * 1024;
    const { directory, store } = await newStore(() => free);
    free = 32 * 1024 * 1024 - 1;
    await expectCode(put(store, "bucket", "small", bytesOf(20)), "XMinioStorageFull");
    await expectCode(put(store, "bucket", "large", bytesOf(200_001)), "XMinioStorageFull");
    await expectUnharmed(directory, store);
    await store.deleteObject({ bucket: "bucket", key: "large" });
    free = 64 * 1024 * 1024;
    await put(store, "bucket", "small", bytesOf(20));
    await store.close();
  });
});

async function prototypeOfFileHandle(directory: string) {
  const handle = await open(directory, "r");
  await handle.close();
  const prototype: typeof handle = Object.getPrototypeOf(handle);
  return prototype;
}
