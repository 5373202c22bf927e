import { afterEach, expect, spyOn, test } from "bun:test";
import { Buffer } from "node:buffer";
import { rmSync } from "node:fs";
import { FirmSync } from "../../../src/store/fs/firm-sync.ts";
import { put, readObject } from "../../conformance/fixture.ts";
import { TestDirectory } from "./directory.ts";

/** Another server removes a directory, with what is in it, at the moment that this one makes its names durable. */
function vanishes(isTheOne: (directory: string) => boolean): void {
  const { sync } = FirmSync.prototype;
  let gone = false;
  spy = spyOn(FirmSync.prototype, "sync").mockImplementation(async function (this: FirmSync, directory) {
    if (!gone && isTheOne(directory)) {
      gone = true;
      rmSync(directory, { recursive: true });
    }
    await sync.call(this, directory);
  });
}

let spy: { mockRestore(): void } | undefined;
afterEach(() => spy?.mockRestore());

test("an object is deleted while another server removes its directory", async () => {
  await using directory = new TestDirectory();
  const store = await directory.open();
  await store.createBucket("box");
  for (const key of ["d/one", "d/other"]) await put(store, "box", key, new Uint8Array(10));
  vanishes((path) => path.endsWith("/box/d") && !path.includes(".minio.sys"));
  await store.deleteObject({ bucket: "box", key: "d/one" });
  expect(await store.head("box", "d/one")).toBeUndefined();
});

test("an upload is aborted while another server removes the directory of those of its key", async () => {
  await using directory = new TestDirectory();
  const store = await directory.open();
  await store.createBucket("box");
  const upload = await store.createUpload({ bucket: "box", key: "one", metadata: {} });
  vanishes((path) => path.includes("/.minio.sys/multipart/"));
  await store.abortUpload(upload);
  await put(store, "box", "one", new Uint8Array(10));
  expect(await readObject(store, "box", "one")).toEqual(Buffer.alloc(10));
});
