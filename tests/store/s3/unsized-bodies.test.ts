import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import type { Store } from "../../../src/store/store.ts";
import {
  attributesOf,
  bodyOf,
  bytesOf,
  expectCode,
  failingBody,
  METADATA,
  mustOpen,
  readRange,
} from "../../conformance/fixture.ts";
import { remoteStore, startBackend, type TestBackend, type Trouble } from "./backend.ts";

const bucket = "box";

let trouble: Trouble = () => false;
let backend: TestBackend;
let store: Store;
beforeAll(async () => {
  backend = await startBackend({ trouble: (...request) => trouble(...request) });
  store = await remoteStore(backend);
  await store.createBucket(bucket);
});
afterEach(() => {
  trouble = () => false;
});
afterAll(async () => {
  await store.close();
  await backend.close();
});

test("a body of unknown size that fails leaves no parts", async () => {
  const failure = new Error("the client went away");
  const failing = store.putObject({
    bucket,
    key: "unsized",
    body: failingBody(bytesOf(9 * 2 ** 20), failure),
    metadata: METADATA,
    attributes: () => attributesOf(0),
  });
  await expect(failing).rejects.toBe(failure);
  const query = { bucket, prefix: "", delimiter: "", afterKey: "", afterUploadId: "", limit: 10 };
  expect((await backend.store.listUploads(query)).uploads).toEqual([]);
  expect(await store.head(bucket, "unsized")).toBeUndefined();
});

test("a body of unknown size is ended, too, that the backend does not begin to take", async () => {
  trouble = (incoming, outgoing) => {
    if (!incoming.url?.endsWith("?uploads=")) return false;
    outgoing.writeHead(403, { "Content-Length": 0 }).end();
    return true;
  };
  let ended = false;
  async function* body() {
    try {
      for (;;) yield bytesOf(1024 * 1024);
    } finally {
      ended = true;
    }
  }
  const attributes = () => attributesOf(0);
  await expectCode(
    store.putObject({ bucket, key: "refused", body: body(), metadata: METADATA, attributes }),
    "AccessDenied",
  );
  expect(ended).toBe(true);
});

test("a large body of unknown size goes in parts", async () => {
  const large = bytesOf(17 * 2 ** 20);
  await store.putObject({
    bucket,
    key: "unsized",
    body: bodyOf(...[0, 1, 2, 3].map((i) => large.subarray(i * 5_000_000, (i + 1) * 5_000_000))),
    metadata: METADATA,
    attributes: () => attributesOf(large.length),
  });
  const handle = await mustOpen(store, bucket, "unsized");
  expect((await readRange(handle, 0, large.length)).equals(large)).toBe(true);
  handle.close();
});
