import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import type { Operation } from "../../src/s3/operation.ts";
import { copyObject } from "../../src/s3/operations/copy-object.ts";
import { createMultipartUpload } from "../../src/s3/operations/create-multipart-upload.ts";
import { deleteBucketEncryption } from "../../src/s3/operations/delete-bucket-encryption.ts";
import { getBucketEncryption } from "../../src/s3/operations/get-bucket-encryption.ts";
import { headObject } from "../../src/s3/operations/head-object.ts";
import { putBucketEncryption } from "../../src/s3/operations/put-bucket-encryption.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { customer, encryptionHeaders, expectedHeaders, openScene, type Scene, SSE_S3 } from "./scene.ts";

const rule = (inside: string) =>
  `<ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule>${inside}</Rule></ServerSideEncryptionConfiguration>`;
const byDefault = (inside: string) =>
  `<ApplyServerSideEncryptionByDefault>${inside}</ApplyServerSideEncryptionByDefault>`;
const AES256 = rule(byDefault("<SSEAlgorithm>AES256</SSEAlgorithm>"));

const kind = async (scene: Scene, target: string) =>
  encryptionHeaders(await scene.run(headObject, { target }))["x-amz-server-side-encryption"] ?? "plain";

/** Every way to write without a word about encryption. */
async function writeAll(scene: Scene, bucket: string): Promise<Record<string, string>> {
  await scene.run(putObject, { target: `/${bucket}/put`, body: "content" });
  await scene.run(copyObject, {
    target: `/${bucket}/copy`,
    headers: { "x-amz-copy-source": "/other/plain" },
  });
  await scene.upload(`/${bucket}/parts`, [Buffer.from("content")]);
  const kinds: Record<string, string> = {};
  for (const key of ["put", "copy", "parts"]) {
    kinds[key] = await kind(scene, `/${bucket}/${key}`);
    expect((await scene.read(`/${bucket}/${key}`)).toString()).toBe("content");
  }
  return kinds;
}

describe("auto-encryption", () => {
  test("makes SSE-S3 of every write without a word about encryption, and answers say so", async () => {
    await using plain = await openScene();
    await plain.run(putObject, { target: "/other/plain", body: "content" });
    await plain.store.close();
    await using scene = await openScene({ autoEncryption: true, directory: plain.directory });
    expect(await writeAll(scene, "box")).toEqual({ put: "AES256", copy: "AES256", parts: "AES256" });
    expect(encryptionHeaders(await scene.post("form", Buffer.from("content")))).toEqual(SSE_S3);
    expect((await scene.read("/box/form")).toString()).toBe("content");
    expect(encryptionHeaders(await scene.run(putObject, { target: "/box/again", body: "x" }))).toEqual(
      SSE_S3,
    );
    expect(encryptionHeaders(await scene.run(createMultipartUpload, { target: "/box/up?uploads" }))).toEqual(
      SSE_S3,
    );
  });

  test("leaves SSE-C alone, and objects that were there before", async () => {
    await using plain = await openScene();
    await plain.run(putObject, { target: "/box/old", body: "old" });
    await plain.store.close();
    await using scene = await openScene({ autoEncryption: true, directory: plain.directory });
    const put = await scene.run(putObject, { target: "/box/mine", body: "mine", headers: customer(1) });
    expect(encryptionHeaders(put)).toEqual(expectedHeaders(customer(1)));
    expect([await kind(scene, "/box/old"), (await scene.read("/box/old")).toString()]).toEqual([
      "plain",
      "old",
    ]);
  });
});

describe("a bucket's default", () => {
  const configure = (scene: Scene, body: string) =>
    scene.run(putBucketEncryption, { target: "/box?encryption", body });
  const missing = "ServerSideEncryptionConfigurationNotFoundError";

  test("is set, told, kept to and removed", async () => {
    await using scene = await openScene();
    await scene.run(putObject, { target: "/other/plain", body: "content" });
    expect((await scene.fail(getBucketEncryption, { target: "/box?encryption" })).code).toBe(missing);
    expect((await configure(scene, AES256)).status).toBe(200);
    expect((await scene.run(getBucketEncryption, { target: "/box?encryption" })).text)
      .toContain("<SSEAlgorithm>AES256</SSEAlgorithm>");
    expect(await writeAll(scene, "box")).toEqual({ put: "AES256", copy: "AES256", parts: "AES256" });
    expect(encryptionHeaders(await scene.post("form", Buffer.from("x")))).toEqual(SSE_S3);
    expect(await writeAll(scene, "other")).toEqual({ put: "plain", copy: "plain", parts: "plain" });
    expect((await scene.run(deleteBucketEncryption, { target: "/box?encryption" })).status).toBe(204);
    expect((await scene.fail(getBucketEncryption, { target: "/box?encryption" })).code).toBe(missing);
    expect(await writeAll(scene, "box")).toEqual({ put: "plain", copy: "plain", parts: "plain" });
  });

  test("is never broken by a server that lost its KMS: such writes are refused", async () => {
    await using first = await openScene();
    await configure(first, AES256);
    await first.store.close();
    await using bare = await openScene({ kms: "none", directory: first.directory });
    expect((await bare.fail(putObject, { target: "/box/key", body: "x" })).message)
      .toBe("Server side encryption specified but KMS is not configured");
    expect(await bare.store.head("box", "key")).toBeUndefined();
    await bare.run(putObject, { target: "/box/key", body: "x", headers: customer(1) });
  });

  const configurations: readonly (readonly [what: string, document: string, code: string])[] = [
    ["no rule", "<ServerSideEncryptionConfiguration/>", "MalformedXML"],
    ["two rules", AES256.replace("</ServerSide", "<Rule/></ServerSide"), "MalformedXML"],
    ["an empty rule", rule(""), "MalformedXML"],
    ["no algorithm", rule(byDefault("")), "MalformedXML"],
    ["an unknown algorithm", rule(byDefault("<SSEAlgorithm>aes256</SSEAlgorithm>")), "MalformedXML"],
    ["SSE-KMS", rule(byDefault("<SSEAlgorithm>aws:kms</SSEAlgorithm>")), "NotImplemented"],
    ["dual-layer SSE-KMS", rule(byDefault("<SSEAlgorithm>aws:kms:dsse</SSEAlgorithm>")), "NotImplemented"],
    [
      "a key id beside AES256",
      rule(byDefault("<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>id</KMSMasterKeyID>")),
      "InvalidArgument",
    ],
    [
      "kinds of encryption to block",
      rule(
        `${
          byDefault("<SSEAlgorithm>AES256</SSEAlgorithm>")
        }<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>`,
      ),
      "NotImplemented",
    ],
    ["another document", "<Other/>", "MalformedXML"],
  ];
  const code = async (scene: Scene, operation: Operation, body: string) =>
    (await scene.fail(operation, { target: "/box?encryption", body })).code;

  test("with what there is not is refused and changes nothing", async () => {
    await using scene = await openScene();
    for (const [what, body, expected] of configurations) {
      expect([what, await code(scene, putBucketEncryption, body)]).toEqual([what, expected]);
    }
    expect((await scene.fail(getBucketEncryption, { target: "/box?encryption" })).code).toBe(missing);
    const nothing = rule(
      `${
        byDefault("<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID></KMSMasterKeyID>")
      }<BucketKeyEnabled>true</BucketKeyEnabled><BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType></BlockedEncryptionTypes>`,
    );
    expect((await configure(scene, nothing)).status).toBe(200);
  });

  test("is refused by a server without a KMS, and for a bucket that is not there", async () => {
    await using bare = await openScene({ kms: "none" });
    expect(await code(bare, putBucketEncryption, AES256)).toBe("InvalidArgument");
    await using scene = await openScene();
    for (const operation of [putBucketEncryption, getBucketEncryption, deleteBucketEncryption]) {
      expect((await scene.fail(operation, { target: "/none?encryption", body: AES256 })).code).toBe(
        "NoSuchBucket",
      );
    }
  });
});
