import { afterAll, afterEach, beforeAll, expect, setSystemTime, test } from "bun:test";
import { ObjectReplaced, type Store } from "../../../src/store/store.ts";
import {
  attributesOf,
  bodyOf,
  bytesOf,
  expectCode,
  METADATA,
  mustOpen,
  putPart,
  readRange,
} from "../../conformance/fixture.ts";
import { remoteStore, startBackend, type TestBackend } from "./backend.ts";

const bucket = "box";
const sealed = (color: string) => ({
  ...METADATA,
  "X-Amz-Meta-Color": color,
  "X-Minio-Internal-Server-Side-Encryption-Iv": "",
});

/** Which requests do not arrive. */
let cut: (request: string) => boolean = () => false;
/** Which of them are done, but nobody gets to know. */
let answerCut: (request: string) => boolean = () => false;
let backend: TestBackend;
let store: Store;
beforeAll(async () => {
  backend = await startBackend({
    trouble(incoming, outgoing) {
      const { method = "", url = "", socket } = incoming;
      if (answerCut(`${method} ${url}`)) {
        outgoing.writeHead = () => {
          socket.destroy();
          return outgoing;
        };
        return false;
      }
      if (!cut(`${method} ${url}`)) return false;
      socket.destroy();
      return true;
    },
  });
  store = await remoteStore(backend, { encrypts: true });
  await store.createBucket(bucket);
});
afterEach(() => {
  cut = () => false;
  answerCut = () => false;
});
afterAll(async () => {
  await store.close();
  await backend.close();
});

// A length that a stream of packages can have.
const put = (key: string, size: number, color: string, into = bucket) =>
  store.putObject({
    bucket: into,
    key,
    body: bodyOf(bytesOf(size)),
    storedSize: size,
    metadata: sealed(color),
    attributes: () => ({ ...attributesOf(size - 32), metadata: sealed(color) }),
  });

/** Reads as operations do: opens anew once the store says that something else is there. */
async function read(key: string) {
  for (let attempt = 0;; attempt++) {
    const handle = await mustOpen(store, bucket, key);
    try {
      const { storedSize, size, metadata } = handle.record;
      const bytes = await readRange(handle, 0, storedSize);
      return { bytes, size, color: metadata["X-Amz-Meta-Color"] };
    } catch (thrown) {
      if (!(thrown instanceof ObjectReplaced) || attempt > 0) throw thrown;
    }
  }
}

test.each([["longer", 100, 200], ["shorter", 200, 100], ["as long", 100, 100]])(
  "an overwrite with a %s object that is cut off behind its data leaves the new one with its keys",
  async (length, oldSize, newSize) => {
    const key = `key ${length}`;
    await put(key, oldSize, "old");
    cut = (request) => request.startsWith("PUT ") && request.endsWith("/dare.meta");
    await expect(put(key, newSize, "new")).rejects.toThrow();
    cut = () => false;
    expect(await read(key)).toEqual({ bytes: bytesOf(newSize), size: newSize - 32, color: "new" });
    expect((await store.head(bucket, key))?.metadata).toEqual(sealed("new"));
  },
);

test("such an overwrite is found out by a range that the new object does not have", async () => {
  await put("range", 200, "old");
  cut = (request) => request.startsWith("PUT ") && request.endsWith("/dare.meta");
  await expect(put("range", 100, "new")).rejects.toThrow();
  cut = () => false;
  const handle = await mustOpen(store, bucket, "range");
  await expect(readRange(handle, 150, 50)).rejects.toThrow(ObjectReplaced);
  handle.close();
  expect(await read("range")).toMatchObject({ bytes: bytesOf(100), color: "new" });
});

test("a write that is cut off behind its data leaves no object where none was", async () => {
  cut = (request) => request.startsWith("PUT ") && request.endsWith("/dare.meta");
  await expect(put("fresh", 100, "new")).rejects.toThrow();
  cut = () => false;
  expect(await store.head(bucket, "fresh")).toBeUndefined();
  const page = await store.listObjects({ bucket, prefix: "fresh", delimiter: "", after: "", limit: 9 });
  expect(page.objects).toEqual([]);
  await put("fresh", 200, "second");
  expect(await read("fresh")).toEqual({ bytes: bytesOf(200), size: 168, color: "second" });
});

test("a completion that is cut off behind the backend's leaves the new object, with the sizes of its parts", async () => {
  await put("parts", 100, "old");
  const upload = await store.createUpload({ bucket, key: "parts", metadata: sealed("new") });
  const part = await putPart(store, upload, 1, bytesOf(300));
  cut = (request) => request.startsWith("PUT ") && request.endsWith("/parts/.minio/dare.meta");
  const attributes = { ...attributesOf(300), metadata: sealed("new") };
  await expect(store.completeUpload({ ...upload, parts: [part], attributes })).rejects.toThrow();
  cut = () => false;
  expect(await read("parts")).toEqual({ bytes: bytesOf(300), size: 300, color: "new" });
  expect((await store.head(bucket, "parts"))?.parts).toMatchObject([{
    number: 1,
    size: 300,
    storedSize: 300,
  }]);
});

test("a completion of which the backend tells nothing at all leaves the new object, whoever gives up", async () => {
  await put("unheard", 100, "old");
  const upload = await store.createUpload({ bucket, key: "unheard", metadata: sealed("new") });
  const part = await putPart(store, upload, 1, bytesOf(300));
  let completions = 0;
  answerCut = (request) => request.startsWith("POST ") && ++completions === 1;
  cut = (request) => request.startsWith("POST ");
  const attributes = { ...attributesOf(300), metadata: sealed("new") };
  const completing = store.completeUpload({ ...upload, parts: [part], attributes });
  await expectCode(completing, "ServiceUnavailable");
  expect(await read("unheard")).toEqual({ bytes: bytesOf(300), size: 300, color: "new" });
});

test("a client that asks for such a completion again finds it done", async () => {
  const upload = await store.createUpload({ bucket, key: "again", metadata: sealed("new") });
  const part = await putPart(store, upload, 1, bytesOf(300));
  cut = (request) => request.startsWith("PUT ") && request.endsWith("/again/.minio/dare.meta");
  const attributes = { ...attributesOf(300), metadata: sealed("new") };
  await expect(store.completeUpload({ ...upload, parts: [part], attributes })).rejects.toThrow();
  cut = () => false;
  await expectCode(store.listParts(upload, { after: 0, limit: 10 }), "NoSuchUpload");
  expect((await store.head(bucket, "again"))?.uploadId).toBe(upload.uploadId);
  expect(await read("again")).toMatchObject({ bytes: bytesOf(300), color: "new" });
  const page = await backend.store.listObjects({
    bucket,
    prefix: "again",
    delimiter: "",
    after: "",
    limit: 9,
  });
  expect(page.objects.map(({ key }) => key)).toEqual(["again/.minio/dare.meta", "again/.minio/data"]);
});

test("a bucket whose first object cannot be read is not deleted, nor the bytes of any old one in it", async () => {
  const at = "precious";
  await store.createBucket(at);
  for (const key of ["first", "second"]) await put(key, 100, "old", at);
  const meta = { bucket: at, key: "first/.minio/dare.meta" };
  await backend.store.putObject({ ...meta, body: bodyOf(bytesOf(9)), attributes: () => attributesOf(9) });
  const names = async () => {
    const query = { bucket: at, prefix: "", delimiter: "", after: "", limit: 9 };
    return (await backend.store.listObjects(query)).objects.map(({ key }) => key);
  };
  const before = await names();
  setSystemTime(Date.now() + 2 * 60 * 60_000);
  await expectCode(store.deleteBucket(at), "BucketNotEmpty").finally(() => setSystemTime());
  expect(await names()).toEqual(before);
});

test("a bucket is deleted with what unfinished uploads left in it, and never with data that a write may belong to", async () => {
  await store.createBucket("other");
  const upload = await store.createUpload({ bucket: "other", key: "key", metadata: sealed("a") });
  await putPart(store, upload, 1, bytesOf(100));
  const orphan = () =>
    backend.store.putObject({
      bucket: "other",
      key: "fresh/.minio/data",
      body: bodyOf(bytesOf(100)),
      attributes: () => attributesOf(100),
    });
  const { revision } = await orphan();
  await expectCode(store.deleteBucket("other"), "BucketNotEmpty");
  const left = await backend.store.listObjects({
    bucket: "other",
    prefix: "",
    delimiter: "",
    after: "",
    limit: 9,
  });
  expect(left.objects.map(({ key }) => key)).toEqual(["fresh/.minio/data"]);
  await backend.store.deleteObject({ bucket: "other", key: "fresh/.minio/data", expect: { revision } });
  await store.deleteBucket("other");
  expect(await backend.store.getBucket("other")).toBeUndefined();
});
