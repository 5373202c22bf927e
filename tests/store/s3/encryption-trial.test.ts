import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { Secret } from "../../../src/crypto/secret.ts";
import type { Store } from "../../../src/store/store.ts";
import { attributesOf, bodyOf, bytesOf, expectCode } from "../../conformance/fixture.ts";
import { remoteStore, startBackend, type TestBackend } from "./backend.ts";
import { putAs, SEALED } from "./put-as.ts";

const bucket = "box";
const TRIAL = "<InitiateMultipartUploadResult><UploadId>trial</UploadId></InitiateMultipartUploadResult>";

describe.each([
  ["that passes everything through", false, {}],
  ["that encrypts", true, SEALED],
])("the key of a customer at a gateway %s", (_what, encrypts, metadata) => {
  let backend: TestBackend;
  let store: Store;
  let ignored: boolean;
  beforeAll(async () => {
    backend = await startBackend({
      tls: true,
      trouble(incoming, outgoing) {
        if (!ignored || incoming.headers["x-amz-server-side-encryption-customer-key"] === undefined) {
          return false;
        }
        const md5 = createHash("md5");
        incoming.on("data", (chunk) => md5.update(chunk)).once("end", () => {
          if (incoming.method === "POST") return outgoing.writeHead(200).end(TRIAL);
          outgoing.writeHead(200, { "ETag": `"${md5.digest("hex")}"` }).end();
        });
        return true;
      },
    });
  });
  beforeEach(async () => {
    store = await remoteStore(backend, { encrypts });
    await store.createBucket(bucket).catch(() => {});
    await putAs(store, { bucket, key: "key" }, metadata, 10);
    backend.arrived.length = 0;
  });
  afterAll(async () => {
    await store.close();
    await backend.close();
  });
  const customer = { kind: "sse-c", key: new Secret(bytesOf(32)) } as const;
  const put = (size: number) =>
    store.putObject({
      bucket,
      key: "key",
      body: bodyOf(bytesOf(size)),
      storedSize: size,
      metadata,
      attributes: () => ({ ...attributesOf(size), metadata }),
      backend: customer,
    });
  const sent = () => backend.arrived.map(({ method, target }) => `${method} ${target.replace(/=.*/, "")}`);

  test("is not entrusted to a backend that ignores it, and the old object stays", async () => {
    ignored = true;
    await expectCode(put(20), "NotImplemented");
    await expectCode(
      store.createUpload({ bucket, key: "key", metadata, backend: customer }),
      "NotImplemented",
    );
    const trial = ["POST /box/key?uploads", "PUT /box/key?partNumber", "DELETE /box/key?uploadId"];
    expect(sent()).toEqual([...trial, ...trial]);
    expect((await store.head(bucket, "key"))?.storedSize).toBe(10);
  });

  test("is tried once, before the first write", async () => {
    ignored = false;
    await put(20);
    expect(sent().slice(0, 3)).toEqual([
      "POST /box/key?uploads",
      "PUT /box/key?partNumber",
      "DELETE /box/key?uploadId",
    ]);
    backend.arrived.length = 0;
    await put(30);
    expect(sent().join()).not.toContain("upload");
    expect(
      (await backend.store.listUploads({
        bucket,
        prefix: "",
        delimiter: "",
        afterKey: "",
        afterUploadId: "",
        limit: 10,
      })).uploads,
    ).toEqual([]);
  });
});

describe.each(
  [
    ["SSE-S3", { kind: "sse-s3" }],
    ["SSE-KMS", { kind: "sse-kms", headers: { "x-amz-server-side-encryption": "aws:kms" } }],
  ] as const,
)("%s of the backend", (_name, encryption) => {
  const METHOD = "x-amz-server-side-encryption";
  let backend: TestBackend;
  let store: Store;
  let told: "uploads" | "objects" | "nowhere";
  beforeAll(async () => {
    backend = await startBackend({
      tls: true,
      trouble(incoming, outgoing) {
        const { method = "", url = "" } = incoming;
        const asked = incoming.headers[METHOD];
        if (asked === undefined) return false;
        const place = method === "POST" ? "uploads" : "objects";
        incoming.resume().once("end", () => {
          outgoing.writeHead(200, { ...(place === told ? { [METHOD]: asked } : {}), "ETag": '"e"' });
          outgoing.end(url.includes("uploads") ? TRIAL : "");
        });
        return true;
      },
    });
    await (await remoteStore(backend)).createBucket(bucket);
  });
  beforeEach(async () => {
    store = await remoteStore(backend);
    backend.arrived.length = 0;
  });
  afterEach(() => store.close());
  afterAll(() => backend.close());
  const put = () =>
    store.putObject({
      bucket,
      key: "a/key",
      body: bodyOf(bytesOf(20)),
      storedSize: 20,
      metadata: {},
      attributes: () => ({ ...attributesOf(20), etag: "e" }),
      backend: encryption,
    });
  const sent = () =>
    backend.arrived.map(({ method, target }) =>
      `${method} ${target.replace(/=.*/, "").replace(/-trial-[0-9a-f]{32}$/, "-trial")}`
    );
  const UPLOAD = ["POST /box/a/key?uploads", "DELETE /box/a/key?uploadId"];
  const OBJECT = ["PUT /box/a/minio-ts-trial", "DELETE /box/a/minio-ts-trial"];

  test("is tried by an upload that is never completed", async () => {
    told = "uploads";
    await put();
    expect(sent()).toEqual([...UPLOAD, "PUT /box/a/key"]);
    await put();
    expect(sent().slice(3)).toEqual(["PUT /box/a/key"]);
  });

  test("is tried by an object of its own where uploads say nothing of it", async () => {
    told = "objects";
    await put();
    expect(sent()).toEqual([...UPLOAD, ...OBJECT, "PUT /box/a/key"]);
  });

  test("is not asked of one that ignores it, by no kind of write", async () => {
    told = "nowhere";
    await expectCode(put(), "NotImplemented");
    await expectCode(
      store.createUpload({ bucket, key: "a/key", metadata: {}, backend: encryption }),
      "NotImplemented",
    );
    await expectCode(
      store.replaceAttributes({
        bucket,
        key: "a/key",
        revision: "e",
        attributes: attributesOf(20),
        backend: encryption,
      }),
      "NotImplemented",
    );
    expect(sent()).toEqual([...UPLOAD, ...OBJECT, ...UPLOAD, ...OBJECT, ...UPLOAD, ...OBJECT]);
  });
});
