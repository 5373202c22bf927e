import { describe, expect, test } from "bun:test";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { BlobFiles } from "../../../src/store/embedded/blob-files.ts";
import { openDatabase } from "../../../src/store/embedded/database.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/open.ts";
import { sweepOrphans } from "../../../src/store/embedded/sweep.ts";
import { bytesOf, put, putPart, putParts, readObject } from "../../conformance/fixture.ts";
import { blobFiles, eventually, testDirectories } from "./directory.ts";

const ORPHAN = "ab0123456789abcdef0123456789abcd";

describe("the sweep", () => {
  const newDirectory = testDirectories();

  test("removes at start what a crash left, and nothing that a row names", async () => {
    const directory = await newDirectory();
    const store = await openEmbeddedStore(directory);
    await store.createBucket("bucket");
    await put(store, "bucket", "large", bytesOf(100_000));
    await putParts(store, "bucket", "joined", [bytesOf(10), bytesOf(70_000)]);
    const upload = await store.createUpload({ bucket: "bucket", key: "pending", metadata: {} });
    await putPart(store, upload, 1, bytesOf(10));
    await store.close();
    const needed = (await blobFiles(directory)).sort();
    expect(needed).toHaveLength(4);

    const orphan = join(directory, "blobs", "ab", ORPHAN);
    await writeFile(orphan, "left over");
    const reopened = await openEmbeddedStore(directory);
    await eventually(async () => !(await blobFiles(directory)).includes(orphan));
    expect((await blobFiles(directory)).sort()).toEqual(needed);
    expect(await readObject(reopened, "bucket", "large")).toEqual(bytesOf(100_000));
    await reopened.close();
  });

  test("leaves files alone that are being written or read, and files that are not the store's", async () => {
    const directory = await newDirectory();
    const database = openDatabase(directory, 0);
    const files = await BlobFiles.open(join(directory, "blobs"));
    const draft = files.draft();
    const read = files.draft();
    await writeFile(files.path(draft), "being written");
    await writeFile(files.path(read), "being read");
    files.publish(read);
    files.pin([read]);
    await writeFile(join(directory, "blobs", "ab", "notes.txt"), "somebody's");
    await writeFile(join(directory, "blobs", "cd", ORPHAN), "in a wrong directory");
    await writeFile(join(directory, "blobs", "ab", ORPHAN), "orphan");

    expect(await sweepOrphans(database, files, new AbortController().signal)).toBe(1);
    await files.settled();
    expect((await blobFiles(directory)).map((path) => basename(path)).sort()).toEqual(
      [draft, read, "notes.txt", ORPHAN].sort(),
    );

    files.publish(draft);
    files.unpin([read]);
    expect(await sweepOrphans(database, files, new AbortController().signal)).toBe(2);
    await files.settled();
    expect((await blobFiles(directory)).map((path) => basename(path)).sort()).toEqual([ORPHAN, "notes.txt"]);
    database.close();
  });

  test("stops when the store closes", async () => {
    const directory = await newDirectory();
    const database = openDatabase(directory, 0);
    const files = await BlobFiles.open(join(directory, "blobs"));
    await writeFile(join(directory, "blobs", "ab", ORPHAN), "orphan");
    expect(await sweepOrphans(database, files, AbortSignal.abort())).toBe(0);
    expect(await blobFiles(directory)).toHaveLength(1);
    database.close();
  });

  test("fan-out directories that went missing are made again", async () => {
    const directory = await newDirectory();
    const root = join(directory, "blobs");
    await BlobFiles.open(root);
    await rm(join(root, "7f"), { recursive: true });
    await mkdir(join(root, "somebody's"));
    const files = await BlobFiles.open(root);
    await writeFile(files.path(`7f${"0".repeat(30)}`), "");
  });
});
