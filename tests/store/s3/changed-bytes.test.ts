import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { Store } from "../../../src/store/store.ts";
import {
  attributesOf,
  bodyOf,
  bytesOf,
  expectCode,
  mustOpen,
  putPart,
  readRange,
} from "../../conformance/fixture.ts";
import { remoteStore, startBackend, type TestBackend } from "./backend.ts";
import { SEALED } from "./put-as.ts";

const bucket = "box";

describe("a backend that has other encrypted bytes than it was sent", () => {
  let backend: TestBackend;
  let store: Store;
  /** Begins of requests that are answered as if they had arrived changed. */
  let changed = "none";
  beforeAll(async () => {
    backend = await startBackend({
      trouble(incoming, outgoing) {
        if (incoming.method !== "PUT" || incoming.url?.startsWith(changed) !== true) return false;
        outgoing.writeContinue();
        incoming.resume().once("end", () => {
          outgoing.writeHead(200, { "ETag": `"${"0".repeat(32)}"`, "Content-Length": 0 }).end();
        });
        return true;
      },
    });
    store = await remoteStore(backend, { encrypts: true });
    await store.createBucket(bucket);
  });
  afterEach(() => {
    changed = "none";
  });
  afterAll(async () => {
    await store.close();
    await backend.close();
  });
  const put = (key: string, content: Uint8Array, size: number | undefined) =>
    store.putObject({
      bucket,
      key,
      body: bodyOf(content),
      ...(size === undefined ? {} : { storedSize: size }),
      metadata: SEALED,
      attributes: () => ({ ...attributesOf(content.length - 32), metadata: SEALED }),
    });

  test.each([["known", 400_000], ["unknown", undefined]])(
    "leaves the old object of a large overwrite of %s size, and no parts",
    async (_what, size) => {
      await put("large", bytesOf(100), 100);
      changed = `/${bucket}/large/.minio/data?partNumber=`;
      await expectCode(put("large", bytesOf(400_000), size), "InternalError");
      const handle = await mustOpen(store, bucket, "large");
      expect(await readRange(handle, 0, 100)).toEqual(bytesOf(100));
      handle.close();
      const query = { bucket, prefix: "", delimiter: "", afterKey: "", afterUploadId: "", limit: 10 };
      expect((await backend.store.listUploads(query)).uploads).toEqual([]);
    },
  );

  test("is sent the MD5 of a small object, and keeps nothing under the document of another one", async () => {
    changed = `/${bucket}/small/.minio/data`;
    backend.arrived.length = 0;
    await expectCode(put("small", bytesOf(100), 100), "InternalError");
    const md5 = new Bun.CryptoHasher("md5").update(bytesOf(100)).digest("base64");
    const writes = backend.arrived.filter(({ method }) => !["GET", "HEAD"].includes(method));
    expect(writes.map(({ method, headers }) => [method, headers["content-md5"]])).toEqual([
      ["PUT", md5],
      ["DELETE", undefined],
    ]);
    expect(await store.head(bucket, "small")).toBeUndefined();
  });

  test("has no such part of an upload", async () => {
    const upload = await store.createUpload({ bucket, key: "parts", metadata: SEALED });
    changed = `/${bucket}/parts/.minio/data?partNumber=`;
    await expectCode(putPart(store, upload, 1, bytesOf(400_000)), "InternalError");
    changed = "none";
    expect((await store.listParts(upload, { after: 0, limit: 10 })).parts).toEqual([]);
    await store.abortUpload(upload);
  });
});
