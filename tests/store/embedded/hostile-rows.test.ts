import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { openEmbeddedStore } from "../../../src/store/embedded/open.ts";
import type { Store } from "../../../src/store/store.ts";
import { bytesOf, expectCode, put, readObject } from "../../conformance/fixture.ts";
import { blobFiles, testDirectories } from "./directory.ts";

/** What only this server may read, and must not show to anyone. */
const SECRET = bytesOf(70_000, 9);

describe("an object whose rows somebody changed", () => {
  const newDirectory = testDirectories();
  let directory: string;
  let secret: string;
  let store: Store;

  beforeEach(async () => {
    directory = await newDirectory();
    secret = join(directory, "master-key");
    store = await openEmbeddedStore(directory);
    await store.createBucket("box");
    await put(store, "box", "small", bytesOf(10));
    await put(store, "box", "large", bytesOf(70_000));
    await put(store, "box", "other", bytesOf(10));
    writeFileSync(secret, SECRET);
  });
  afterEach(async () => await store.close());

  /** Changes the database behind the store's back. */
  async function tamper(text: string, ...values: SQLInputValue[]): Promise<void> {
    await store.close();
    const database = new DatabaseSync(join(directory, "store.db"));
    database.prepare(text).run(...values);
    database.close();
    store = await openEmbeddedStore(directory);
  }

  test.each(["../../master-key", "../master-key", "", ".", "x", "0".repeat(31), "A".repeat(32)])(
    "is not read from, and takes nothing away from, the file %p",
    async (file) => {
      await tamper("UPDATE segments SET file = ?", file);
      await expectCode(readObject(store, "box", "large"), "XMinioObjectTampered");
      await store.deleteObject({ bucket: "box", key: "large" });
      await store.close();
      expect(existsSync(secret)).toBe(true);
      store = await openEmbeddedStore(directory);
    },
  );

  test("is not read through a link", async () => {
    const [file = ""] = await blobFiles(directory);
    rmSync(file);
    symlinkSync(secret, file);
    await expectCode(readObject(store, "box", "large"), "XMinioObjectTampered");
    await store.deleteObject({ bucket: "box", key: "large" });
    await store.close();
    expect(existsSync(secret)).toBe(true);
    store = await openEmbeddedStore(directory);
  });

  test.each(["", "{", "null", "[]", "1", '"text"', '{"content-type":5}', '{"content-type":null}'])(
    "is refused with %p for metadata, and hides no other",
    async (metadata) => {
      await tamper(
        "UPDATE contents SET metadata = ? WHERE id = (SELECT content FROM objects WHERE key = 'small')",
        metadata,
      );
      await expectCode(store.head("box", "small"), "XMinioObjectTampered");
      await expectCode(readObject(store, "box", "small"), "XMinioObjectTampered");
      expect(await readObject(store, "box", "other")).toEqual(bytesOf(10));
      await store.deleteObject({ bucket: "box", key: "small" });
      expect(await store.head("box", "small")).toBeUndefined();
    },
  );

  test.each([
    ["small", "UPDATE contents SET bytes = x'00' WHERE bytes IS NOT NULL"],
    ["small", "UPDATE contents SET bytes = NULL"],
    ["small", "DELETE FROM contents"],
    ["large", "DELETE FROM segments"],
    ["large", "UPDATE segments SET stored_size = 10"],
    ["large", "UPDATE segments SET stored_size = -1"],
    ["large", "UPDATE segments SET file = '00000000000000000000000000000000'"],
  ])("is refused when its bytes are not all there: %s, %s", async (key, change) => {
    await tamper(change);
    await expectCode(readObject(store, "box", key), "XMinioObjectTampered");
  });

  test("an upload with damaged metadata hides no other, is refused, and can be aborted", async () => {
    for (const key of ["damaged", "whole"]) await store.createUpload({ bucket: "box", key, metadata: {} });
    await tamper("UPDATE uploads SET metadata = '{' WHERE key = 'damaged'");
    const query = { bucket: "box", prefix: "", delimiter: "", afterKey: "", afterUploadId: "", limit: 10 };
    const { uploads } = await store.listUploads(query);
    expect(uploads.map(({ key }) => key)).toEqual(["damaged", "whole"]);
    const uploadId = uploads[0]?.uploadId ?? "";
    await expectCode(store.getUpload({ bucket: "box", key: "damaged", uploadId }), "XMinioObjectTampered");
    await store.abortUpload({ bucket: "box", key: "damaged", uploadId });
    expect((await store.listUploads(query)).uploads).toHaveLength(1);
  });
});
