import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { Secret } from "../../../src/crypto/secret.ts";
import type { Kms } from "../../../src/kms/kms.ts";
import { masterKeyKms } from "../../../src/kms/master-key.ts";
import { copyObject } from "../../../src/s3/operations/copy-object.ts";
import { getObject } from "../../../src/s3/operations/get-object.ts";
import { headObject } from "../../../src/s3/operations/head-object.ts";
import { putObject } from "../../../src/s3/operations/put-object.ts";
import { updateObjectEncryption } from "../../../src/s3/operations/update-object-encryption.ts";
import type { Metadata } from "../../../src/store/store.ts";
import { bodyFiles, stored } from "../../sse/bodies.ts";
import { customer, openScene, type Scene, SSE_S3 } from "../../sse/scene.ts";
import { bytesOf, MIB } from "../upload-fixture.ts";

const OLD = { keyId: "old-key", key: new Secret(Buffer.alloc(32, 1)) };
const NEW = { keyId: "new-key", key: new Secret(Buffer.alloc(32, 2)) };
/** The servers before, during and after the change of keys. */
const before = masterKeyKms(OLD);
const during = masterKeyKms(NEW, [OLD]);
const after = masterKeyKms(NEW);

const SSE_S3_DOCUMENT = "<ObjectEncryption><SSE-S3/></ObjectEncryption>";
const kmsDocument = (key: string, more = "") =>
  '<ObjectEncryption xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><SSE-KMS>' +
  `<KMSKeyArn>${key}</KMSKeyArn>${more}</SSE-KMS></ObjectEncryption>`;

const PARTS = [bytesOf(5 * MIB, 2), bytesOf(77, 3)];
const BODIES = { empty: bytesOf(0, 0), small: bytesOf(50, 4), large: bytesOf(300_000, 1) };
const ALL = { ...BODIES, parts: Buffer.concat(PARTS) };

const KEY_ID = "X-Minio-Internal-Server-Side-Encryption-S3-Kms-Key-Id";

const update = (scene: Scene, key: string, body = SSE_S3_DOCUMENT) =>
  scene.run(updateObjectEncryption, { target: `/box/${key}?encryption`, body });
const refused = async (scene: Scene, key: string, body = SSE_S3_DOCUMENT) => {
  const { code, status, message } = await scene.fail(updateObjectEncryption, {
    target: `/box/${key}?encryption`,
    body,
  });
  return [code, status, message];
};

/** A directory with objects of the old key, opened under another KMS. */
async function reopened(kms: Kms, work: (scene: Scene) => Promise<void>): Promise<void> {
  await using old = await openScene({ kms: before });
  const more = { ...SSE_S3, "x-amz-meta-colour": "blue", "x-amz-checksum-algorithm": "CRC32" };
  for (const [key, body] of Object.entries(BODIES)) {
    await old.run(putObject, { target: `/box/${key}`, body, headers: more });
  }
  await old.upload("/box/parts", PARTS, SSE_S3);
  await old.run(putObject, { target: "/box/plain", body: "plain" });
  await old.run(putObject, { target: "/box/customer", body: "customer", headers: customer(1) });
  await old.store.close();
  await using scene = await openScene({ kms, directory: old.directory });
  await work(scene);
}

describe("UpdateObjectEncryption", () => {
  test("seals the data key under the current key and leaves bytes, ETag, date and all else as they are", async () => {
    await reopened(during, async (scene) => {
      const files = bodyFiles(scene);
      for (const [key, body] of Object.entries(ALL)) {
        const target = `/box/${key}`;
        const record = await scene.record(target);
        const bytes = await stored(scene, key);
        const head = await scene.run(headObject, { target, headers: { "x-amz-checksum-mode": "ENABLED" } });
        expect(record.metadata[KEY_ID]).toBe("old-key");
        const answer = await update(scene, key);
        expect([answer.status, answer.text]).toEqual([200, ""]);
        const now = await scene.record(target);
        expect(now.metadata[KEY_ID]).toBe("new-key");
        expect(withoutKey(now.metadata)).toEqual(withoutKey(record.metadata));
        expect({ ...now, metadata: {}, revision: "" }).toEqual({ ...record, metadata: {}, revision: "" });
        expect(await stored(scene, key)).toBe(bytes);
        const again = await scene.run(headObject, { target, headers: { "x-amz-checksum-mode": "ENABLED" } });
        expect(again.headers).toEqual(head.headers);
        expect(Buffer.compare(await scene.read(target), body)).toBe(0);
      }
      expect(bodyFiles(scene)).toEqual(files);
      const directory = scene.directory;
      await scene.store.close();
      // The old key is gone, and nothing needs it any more.
      await using last = await openScene({ kms: after, directory });
      for (const [key, body] of Object.entries(ALL)) {
        expect(Buffer.compare(await last.read(`/box/${key}`), body)).toBe(0);
      }
    });
  });

  test("changes nothing where the data key is sealed under the current key already", async () => {
    await reopened(during, async (scene) => {
      await update(scene, "large");
      const record = await scene.record("/box/large");
      await update(scene, "large");
      expect(await scene.record("/box/large")).toEqual(record);
    });
  });

  test.each([
    ["new-key"],
    ["arn:aws:kms:us-east-1:123456789012:key/new-key"],
  ])("takes %s as the key that is to be used", async (key) => {
    await reopened(during, async (scene) => {
      await update(scene, "small", kmsDocument(key, "<BucketKeyEnabled>false</BucketKeyEnabled>"));
      expect((await scene.record("/box/small")).metadata[KEY_ID]).toBe("new-key");
    });
  });

  test("refuses other keys and kinds, and what has no data key", async () => {
    await reopened(during, async (scene) => {
      const other = ["InvalidRequest", 400, "The key is not the one that this server encrypts with."];
      expect(await refused(scene, "small", kmsDocument("old-key"))).toEqual(other);
      expect(await refused(scene, "small", kmsDocument("arn:aws:kms:us-east-1:1:key/new-key"))).toEqual(
        other,
      );
      const bucketKey = kmsDocument("new-key", "<BucketKeyEnabled>true</BucketKeyEnabled>");
      expect((await refused(scene, "small", bucketKey)).slice(0, 2)).toEqual(["NotImplemented", 501]);
      for (const kind of ["<SSE-C/>", "<DSSE-KMS/>", ""]) {
        const body = `<ObjectEncryption>${kind}</ObjectEncryption>`;
        expect((await refused(scene, "small", body)).slice(0, 2)).toEqual(["InvalidRequest", 400]);
      }
      for (
        const body of [
          "",
          "<x/>",
          "<ObjectEncryption><SSE-S3/><SSE-S3/></ObjectEncryption>",
          "<ObjectEncryption><SSE-KMS/></ObjectEncryption>",
        ]
      ) {
        expect((await refused(scene, "small", body)).slice(0, 2)).toEqual(["MalformedXML", 400]);
      }
      expect((await scene.record("/box/small")).metadata[KEY_ID]).toBe("old-key");
      expect((await refused(scene, "plain"))[2]).toContain("unencrypted");
      expect((await refused(scene, "customer"))[2]).toContain("SSE-C");
      expect((await refused(scene, "nothing")).slice(0, 2)).toEqual(["NoSuchKey", 404]);
    });
  });

  test("is for those who sign their requests, whatever the policy says", async () => {
    await reopened(during, async (scene) => {
      const sketch = { target: "/box/small?encryption", body: SSE_S3_DOCUMENT };
      const identity = { kind: "anonymous" } as const;
      const { code } = await scene.fail(updateObjectEncryption, { ...sketch, identity });
      expect(code).toBe("InvalidRequest");
      expect((await scene.record("/box/small")).metadata[KEY_ID]).toBe("old-key");
    });
  });

  test("gives no new proof to a record that was tampered with", async () => {
    await reopened(during, async (scene) => {
      const { revision, size, etag, metadata } = await scene.record("/box/small");
      await scene.store.replaceAttributes({
        bucket: "box",
        key: "small",
        revision,
        attributes: { size, etag, metadata: { ...metadata, "content-type": "text/html" } },
      });
      expect((await refused(scene, "small")).slice(0, 2)).toEqual(["XMinioObjectTampered", 500]);
      expect((await scene.record("/box/small")).metadata[KEY_ID]).toBe("old-key");
      expect((await scene.fail(getObject, { target: "/box/small" })).code).toBe("XMinioObjectTampered");
    });
  });

  test("leaves a data key alone that no key opens", async () => {
    await reopened(during, async (old) => {
      const directory = old.directory;
      await old.store.close();
      await using scene = await openScene({ kms: after, directory });
      expect((await refused(scene, "small")).slice(0, 2)).toEqual(["InternalError", 500]);
      expect((await scene.record("/box/small")).metadata[KEY_ID]).toBe("old-key");
    });
  });

  test("gives way to whoever writes the object at the same time", async () => {
    await reopened(during, async (scene) => {
      let writes = 0;
      const { replaceAttributes } = scene.store;
      scene.store.replaceAttributes = async (change) => {
        if (writes++ < 3) {
          const headers = { "x-amz-copy-source": "/box/large" };
          await scene.run(copyObject, { target: "/box/small", headers: { ...headers, ...SSE_S3 } });
        }
        return await replaceAttributes(change);
      };
      await update(scene, "small");
      const record = await scene.record("/box/small");
      expect([record.metadata[KEY_ID], record.size]).toEqual(["new-key", BODIES.large.length]);
      expect(Buffer.compare(await scene.read("/box/small"), BODIES.large)).toBe(0);
    });
  });

  test("without a KMS is refused", async () => {
    await using scene = await openScene({ kms: "none" });
    await scene.run(putObject, { target: "/box/plain", body: "plain" });
    expect(await refused(scene, "plain")).toEqual([
      "InvalidArgument",
      400,
      "Server side encryption specified but KMS is not configured",
    ]);
  });
});

function withoutKey(metadata: Metadata): Metadata {
  return Object.fromEntries(
    Object.entries(metadata).filter(([name]) => !/-S3-Kms-|Record-Seal/.test(name)),
  );
}
