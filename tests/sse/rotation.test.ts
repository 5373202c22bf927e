import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { copyObject } from "../../src/s3/operations/copy-object.ts";
import { getObject } from "../../src/s3/operations/get-object.ts";
import { headObject } from "../../src/s3/operations/head-object.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { masterKeyKms } from "../../src/kms/master-key.ts";
import { Secret } from "../../src/crypto/secret.ts";
import type { Store } from "../../src/store/store.ts";
import { makeCall } from "../s3/call.ts";
import { altered, bytesOf, finishedEtag, md5, MIB } from "../s3/upload-fixture.ts";
import { bodyFiles, stored } from "./bodies.ts";
import {
  customer,
  encryptionHeaders,
  expectedHeaders,
  type Headers,
  KMS,
  openScene,
  type Scene,
} from "./scene.ts";
import { sourceCustomer, SSE_S3 } from "./scene.ts";

const ontoItself = (scene: Scene, target: string, headers: Headers) =>
  scene.run(copyObject, { target, headers: { "x-amz-copy-source": target, ...headers } });
const refused = async (scene: Scene, target: string, headers: Headers) => {
  const sketch = { target, headers: { "x-amz-copy-source": target, ...headers } };
  return (await scene.fail(copyObject, sketch)).code;
};

const LARGE = bytesOf(300_000, 1);
const PARTS = [bytesOf(5 * MIB, 2), bytesOf(77, 3)];
const BODIES = { small: bytesOf(50, 4), large: LARGE, parts: Buffer.concat(PARTS) };

async function putAll(scene: Scene, headers: Headers): Promise<void> {
  const more = { ...headers, "x-amz-meta-colour": "blue" };
  await scene.run(putObject, { target: "/box/small", body: BODIES.small, headers: more });
  await scene.run(putObject, { target: "/box/large", body: BODIES.large, headers: more });
  await scene.upload("/box/parts", PARTS, more);
}

describe("an SSE-C object that is copied onto itself", () => {
  test("with a new key opens under that alone, and its bytes stay untouched", async () => {
    await using scene = await openScene();
    await putAll(scene, customer(1));
    const files = bodyFiles(scene);
    expect(files.length).toBe(3);
    for (const [key, body] of Object.entries(BODIES)) {
      const target = `/box/${key}`;
      const bytes = await stored(scene, key);
      const before = await scene.record(target);
      const answer = await ontoItself(scene, target, { ...sourceCustomer(1), ...customer(2) });
      expect(encryptionHeaders(answer)).toEqual(expectedHeaders(customer(2)));
      expect(await stored(scene, key)).toBe(bytes);
      expect(Buffer.compare(await scene.read(target, customer(2)), body)).toBe(0);
      expect((await scene.fail(getObject, { target, headers: customer(1) })).code).toBe("AccessDenied");
      const after = await scene.record(target);
      const iv = "X-Minio-Internal-Server-Side-Encryption-Iv";
      expect([after.etag, after.metadata[iv]]).toEqual([before.etag, before.metadata[iv] ?? ""]);
      expect(Object.keys(after.metadata).sort()).toEqual(Object.keys(before.metadata).sort());
      const head = await scene.run(headObject, { target, headers: customer(2) });
      expect(head.headers["x-amz-meta-colour"]).toBe("blue");
      expect(answer.text).toContain(head.headers["ETag"]?.slice(1, -1) ?? "an ETag");
    }
    expect(bodyFiles(scene)).toEqual(files);
  });

  test("with the same key stays what it is", async () => {
    await using scene = await openScene();
    await putAll(scene, customer(1));
    const files = bodyFiles(scene);
    const answer = await ontoItself(scene, "/box/large", { ...sourceCustomer(1), ...customer(1) });
    expect(answer.status).toBe(200);
    expect(Buffer.compare(await scene.read("/box/large", customer(1)), LARGE)).toBe(0);
    expect(bodyFiles(scene)).toEqual(files);
  });

  test("keeps its metadata or replaces it, as the request says", async () => {
    await using scene = await openScene();
    await putAll(scene, customer(1));
    const replace = {
      "x-amz-metadata-directive": "REPLACE",
      "x-amz-meta-size": "big",
      "content-type": "text/new",
    };
    await ontoItself(scene, "/box/large", { ...sourceCustomer(1), ...customer(2), ...replace });
    const { headers } = await scene.run(headObject, { target: "/box/large", headers: customer(2) });
    expect([headers["x-amz-meta-colour"], headers["x-amz-meta-size"], headers["Content-Type"]])
      .toEqual([undefined, "big", "text/new"]);
    expect(Buffer.compare(await scene.read("/box/large", customer(2)), LARGE)).toBe(0);
  });

  test("keeps its checksum, which opens under the new key", async () => {
    await using scene = await openScene();
    const headers = { ...customer(1), "x-amz-checksum-crc32": "NhCmhg==" };
    await scene.run(putObject, { target: "/box/key", body: "hello", headers });
    const answer = await ontoItself(scene, "/box/key", { ...sourceCustomer(1), ...customer(2) });
    expect(answer.text).toContain("<ChecksumCRC32>NhCmhg==</ChecksumCRC32>");
    const mode = { ...customer(2), "x-amz-checksum-mode": "ENABLED" };
    const head = await scene.run(headObject, { target: "/box/key", headers: mode });
    expect(head.headers["x-amz-checksum-crc32"]).toBe("NhCmhg==");
  });

  test("needs its own key, and meets the conditions on its source", async () => {
    await using scene = await openScene();
    await putAll(scene, customer(1));
    expect(await refused(scene, "/box/large", customer(2))).toBe("InvalidRequest");
    expect(await refused(scene, "/box/large", { ...sourceCustomer(3), ...customer(2) })).toBe("AccessDenied");
    const keys = { ...sourceCustomer(1), ...customer(2) };
    const other = '"00000000000000000000000000000000"';
    expect(await refused(scene, "/box/large", { ...keys, "x-amz-copy-source-if-match": other }))
      .toBe("PreconditionFailed");
    expect(Buffer.compare(await scene.read("/box/large", customer(1)), LARGE)).toBe(0);
    const { headers: { ETag = "" } } = await scene.run(headObject, {
      target: "/box/large",
      headers: customer(1),
    });
    await ontoItself(scene, "/box/large", { ...keys, "x-amz-copy-source-if-match": ETag });
    expect(Buffer.compare(await scene.read("/box/large", customer(2)), LARGE)).toBe(0);
  });

  test("without encryption headers becomes plain, and with those of SSE-S3 is under the server's keys", async () => {
    await using scene = await openScene();
    await putAll(scene, customer(1));
    expect(encryptionHeaders(await ontoItself(scene, "/box/large", sourceCustomer(1)))).toEqual({});
    expect((await scene.record("/box/large")).storedSize).toBe(LARGE.length);
    expect(Buffer.compare(await scene.read("/box/large"), LARGE)).toBe(0);
    expect(encryptionHeaders(await ontoItself(scene, "/box/small", { ...sourceCustomer(1), ...SSE_S3 })))
      .toEqual(SSE_S3);
    expect(Buffer.compare(await scene.read("/box/small"), BODIES.small)).toBe(0);
  });
});

describe("an SSE-S3 object that is copied onto itself", () => {
  test("with the header gets a new data key under the key of today, and its bytes stay untouched", async () => {
    const [old, today] = [1, 2].map((n) => ({ keyId: `key-${n}`, key: new Secret(Buffer.alloc(32, n)) }));
    if (old === undefined || today === undefined) throw new Error("two keys");
    await using first = await openScene({ kms: masterKeyKms(old) });
    await putAll(first, SSE_S3);
    const files = bodyFiles(first);
    await first.store.close();
    await using second = await openScene({ kms: masterKeyKms(today, [old]), directory: first.directory });
    for (const [key, body] of Object.entries(BODIES)) {
      const target = `/box/${key}`;
      const before = await second.record(target);
      const answer = await ontoItself(second, target, SSE_S3);
      expect(encryptionHeaders(answer)).toEqual(SSE_S3);
      const after = await second.record(target);
      for (const name of ["Iv", "S3-Sealed-Key", "S3-Kms-Sealed-Key", "S3-Kms-Key-Id"]) {
        const full = `X-Minio-Internal-Server-Side-Encryption-${name}`;
        expect([name, after.metadata[full] === before.metadata[full]]).toEqual([name, false]);
      }
      expect(after.metadata["X-Minio-Internal-Server-Side-Encryption-S3-Kms-Key-Id"]).toBe("key-2");
      expect(Buffer.compare(await second.read(target), body)).toBe(0);
      const head = await second.run(headObject, { target });
      expect(head.headers["ETag"]).toBe(`"${key === "parts" ? finishedEtag(PARTS) : md5(body)}"`);
    }
    expect(bodyFiles(second)).toEqual(files);
    await second.store.close();
    await using third = await openScene({ kms: masterKeyKms(today), directory: first.directory });
    for (const [key, body] of Object.entries(BODIES)) {
      expect(Buffer.compare(await third.read(`/box/${key}`), body)).toBe(0);
    }
  });

  test("without a header gets new keys under auto-encryption, and becomes plain otherwise", async () => {
    await using scene = await openScene({ autoEncryption: true });
    await putAll(scene, {});
    const files = bodyFiles(scene);
    const before = await scene.record("/box/large");
    expect(encryptionHeaders(await ontoItself(scene, "/box/large", {}))).toEqual(SSE_S3);
    expect((await scene.record("/box/large")).metadata).not.toEqual(before.metadata);
    expect(bodyFiles(scene)).toEqual(files);
    await scene.store.close();
    await using plain = await openScene({ directory: scene.directory });
    expect(encryptionHeaders(await ontoItself(plain, "/box/large", {}))).toEqual({});
    expect((await plain.record("/box/large")).storedSize).toBe(LARGE.length);
    expect(Buffer.compare(await plain.read("/box/large"), LARGE)).toBe(0);
  });

  test("with a customer's key is under that from then on, in new bytes", async () => {
    await using scene = await openScene();
    await putAll(scene, SSE_S3);
    const bytes = await stored(scene, "large");
    await ontoItself(scene, "/box/large", customer(5));
    expect(await stored(scene, "large")).not.toBe(bytes);
    expect(Buffer.compare(await scene.read("/box/large", customer(5)), LARGE)).toBe(0);
    expect((await scene.fail(getObject, { target: "/box/large" })).code).toBe("InvalidRequest");
  });
});

describe("a plain object that is copied onto itself", () => {
  test("is encrypted in place when it is asked for, without REPLACE", async () => {
    await using scene = await openScene();
    await putAll(scene, {});
    await ontoItself(scene, "/box/large", SSE_S3);
    await ontoItself(scene, "/box/parts", customer(1));
    expect(encryptionHeaders(await scene.run(headObject, { target: "/box/large" }))).toEqual(SSE_S3);
    expect(Buffer.compare(await scene.read("/box/large"), LARGE)).toBe(0);
    expect(Buffer.compare(await scene.read("/box/parts", customer(1)), BODIES.parts)).toBe(0);
    const handle = await scene.store.open("box", "large");
    for await (const chunk of handle?.read(0, 1000) ?? []) {
      expect(Buffer.from(chunk).includes(LARGE.subarray(100, 120))).toBe(false);
    }
    handle?.close();
  });

  test("and changes nothing is refused, also beside encryption of others", async () => {
    await using scene = await openScene();
    await putAll(scene, {});
    expect(await refused(scene, "/box/large", {})).toBe("InvalidRequest");
    await ontoItself(scene, "/box/large", { "x-amz-metadata-directive": "REPLACE" });
    expect(Buffer.compare(await scene.read("/box/large"), LARGE)).toBe(0);
  });
});

test("a copy onto itself never brings old bytes back over those of a faster writer", async () => {
  for (const headers of [SSE_S3, customer(1)]) {
    await using scene = await openScene();
    await scene.run(putObject, { target: "/box/key", body: "old" });
    let outrun = 0;
    const store: Store = altered(scene.store, {
      async putObject(put) {
        if (outrun++ === 0) await scene.run(putObject, { target: "/box/key", body: "new" });
        return await scene.store.putObject(put);
      },
    });
    const request = { target: "/box/key", headers: { "x-amz-copy-source": "/box/key", ...headers } };
    await copyObject.run(makeCall({ store, sse: scene.sse, method: "PUT", secure: true, ...request }));
    const read = headers === SSE_S3 ? {} : headers;
    expect((await scene.read("/box/key", read)).toString()).toBe("new");
    expect(outrun).toBe(2);
  }
});

test("a rotation that was outrun rotates what is there now", async () => {
  await using scene = await openScene();
  await scene.run(putObject, { target: "/box/key", body: "old", headers: customer(1) });
  let outrun = false;
  const store: Store = altered(scene.store, {
    async replaceAttributes(change) {
      if (!outrun) await scene.run(putObject, { target: "/box/key", body: "new", headers: customer(1) });
      outrun = true;
      return await scene.store.replaceAttributes(change);
    },
  });
  const headers = { "x-amz-copy-source": "/box/key", ...sourceCustomer(1), ...customer(2) };
  await copyObject.run(
    makeCall({ store, sse: scene.sse, method: "PUT", secure: true, target: "/box/key", headers }),
  );
  expect((await scene.read("/box/key", customer(2))).toString()).toBe("new");
});

test("a KMS that fails leaves the object as it was", async () => {
  let away = false;
  await using scene = await openScene({
    kms: {
      ...KMS,
      generateDataKey: (context) => away ? Promise.reject(new Error("away")) : KMS.generateDataKey(context),
    },
  });
  await putAll(scene, SSE_S3);
  const before = await scene.record("/box/large");
  away = true;
  await expect(ontoItself(scene, "/box/large", SSE_S3)).rejects.toThrow("away");
  expect(await scene.record("/box/large")).toEqual(before);
});
