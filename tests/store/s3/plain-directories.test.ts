import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openFsStore } from "../../../src/store/fs/open.ts";
import type { Metadata, Store } from "../../../src/store/store.ts";
import { bytesOf, expectCode, METADATA, mustOpen, readRange } from "../../conformance/fixture.ts";
import { remoteStore, startBackend, type TestBackend } from "./backend.ts";
import { putAs, SEALED } from "./put-as.ts";

const bucket = "box";

describe("a backend that cannot hold an object beside others below it", () => {
  let backend: TestBackend;
  let store: Store;
  beforeAll(async () => {
    backend = await startBackend({ open: openFsStore });
    store = await remoteStore(backend, { encrypts: true });
    await store.createBucket(bucket);
  });
  afterAll(async () => {
    await store.close();
    await backend.close();
  });
  const put = (key: string, size: number, metadata: Metadata) =>
    putAs(store, { bucket, key }, metadata, size);

  test("refuses to replace a plain object by an encrypted one, and keeps it", async () => {
    await put("plain", 100, METADATA);
    await expectCode(put("plain", 200, SEALED), "XMinioParentIsObject");
    const handle = await mustOpen(store, bucket, "plain");
    expect(await readRange(handle, 0, 100)).toEqual(bytesOf(100));
    handle.close();
  });

  test("refuses to replace an encrypted object by a plain one, and keeps it", async () => {
    await put("sealed", 100, SEALED);
    await expectCode(put("sealed", 200, METADATA), "XMinioObjectExistsAsDirectory");
    const handle = await mustOpen(store, bucket, "sealed");
    expect(await readRange(handle, 0, 100)).toEqual(bytesOf(100));
    handle.close();
  });
});
