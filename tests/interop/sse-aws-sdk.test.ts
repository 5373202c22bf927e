import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  UpdateObjectEncryptionCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import { ACCESS_KEY, type RunningServer, SECRET_KEY, startServer } from "../running-server.ts";
import { MIB, sha256 } from "./files.ts";

const Bucket = "crate";
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("base64");
const customer = (key: Buffer) => ({
  SSECustomerAlgorithm: "AES256",
  SSECustomerKey: key.toString("base64"),
  SSECustomerKeyMD5: md5(key),
});
const source = (key: Buffer) => ({
  CopySourceSSECustomerAlgorithm: "AES256",
  CopySourceSSECustomerKey: key.toString("base64"),
  CopySourceSSECustomerKeyMD5: md5(key),
});

for (const provider of ["webcrypto", "native"]) {
  describe(`@aws-sdk/client-s3 with encryption by ${provider}`, () => {
    let server: RunningServer;
    let client: S3Client;
    const key = randomBytes(32);
    const other = randomBytes(32);
    const large = randomBytes(21 * MIB + 5);

    beforeAll(async () => {
      const env = { MINIO_SSE_MASTER_KEY: `my-key:${"5e".repeat(32)}`, MINIO_SSE_CRYPTO: provider };
      server = await startServer({ tls: true, env });
      client = new S3Client({
        endpoint: server.url,
        region: "us-east-1",
        forcePathStyle: true,
        credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
        requestHandler: { httpsAgent: new Agent({ ca: readFileSync(server.certificate) }) },
      });
      await client.send(new CreateBucketCommand({ Bucket }));
    }, 60_000);
    afterAll(async () => {
      client.destroy();
      await server.stop();
      server.remove();
    });
    const read = async (Key: string, more = {}) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
      return Buffer.from(await Body?.transformToByteArray() ?? []);
    };

    for (
      const [kind, write, reader] of [
        ["SSE-S3", { ServerSideEncryption: "AES256" }, {}],
        ["SSE-C", customer(key), customer(key)],
      ] as const
    ) {
      test(`an upload in parts under ${kind} is whole, by ranges and by parts too`, async () => {
        const params = { Bucket, Key: kind, Body: large, ...write };
        const done = await new Upload({ client, params, partSize: 6 * MIB, queueSize: 3 }).done();
        expect(done.ServerSideEncryption === "AES256").toBe(kind === "SSE-S3");
        expect(sha256(await read(kind, reader))).toBe(sha256(large));
        const head = await client.send(new HeadObjectCommand({ Bucket, Key: kind, ...reader }));
        expect([head.ContentLength, head.ServerSideEncryption ?? head.SSECustomerAlgorithm])
          .toEqual([large.length, "AES256"]);
        const Range = `bytes=${6 * MIB - 10}-${6 * MIB + 70_000}`;
        const range = await read(kind, { ...reader, Range });
        expect(range.equals(large.subarray(6 * MIB - 10, 6 * MIB + 70_001))).toBe(true);
        const second = await read(kind, { ...reader, PartNumber: 2 });
        expect(second.equals(large.subarray(6 * MIB, 12 * MIB))).toBe(true);
        const attributes = await client.send(
          new GetObjectAttributesCommand({
            Bucket,
            Key: kind,
            ObjectAttributes: ["ObjectSize", "ObjectParts", "Checksum", "ETag"],
            ...reader,
          }),
        );
        expect([attributes.ObjectSize, attributes.ObjectParts?.TotalPartsCount]).toEqual([large.length, 4]);
      }, 60_000);
    }

    test("objects are copied from key to key, and onto themselves to rotate one", async () => {
      const body = randomBytes(300_000);
      await client.send(new PutObjectCommand({ Bucket, Key: "from", Body: body, ...customer(key) }));
      const copy = { Bucket, CopySource: `${Bucket}/from`, ...source(key) };
      await client.send(new CopyObjectCommand({ ...copy, Key: "to", ...customer(other) }));
      expect((await read("to", customer(other))).equals(body)).toBe(true);
      const rotated = await client.send(new CopyObjectCommand({ ...copy, Key: "from", ...customer(other) }));
      expect(rotated.SSECustomerKeyMD5).toBe(md5(other));
      expect((await read("from", customer(other))).equals(body)).toBe(true);
      await expect(read("from", customer(key))).rejects.toMatchObject({ name: "AccessDenied" });
      await expect(read("from")).rejects.toMatchObject({ name: "InvalidRequest" });
    }, 60_000);

    test("parts under one key are copied from sources under others", async () => {
      const body = randomBytes(6 * MIB);
      await client.send(new PutObjectCommand({ Bucket, Key: "whole", Body: body, ...customer(key) }));
      const named = { Bucket, Key: "joined" };
      const { UploadId } = await client.send(
        new CreateMultipartUploadCommand({ ...named, ...customer(other) }),
      );
      const upload = { ...named, UploadId };
      const first = await client.send(
        new UploadPartCopyCommand({
          ...upload,
          PartNumber: 1,
          CopySource: `${Bucket}/whole`,
          CopySourceRange: `bytes=1-${6 * MIB - 1}`,
          ...source(key),
          ...customer(other),
        }),
      );
      const tail = randomBytes(99);
      const second = await client.send(
        new UploadPartCommand({ ...upload, PartNumber: 2, Body: tail, ...customer(other) }),
      );
      const Parts = [
        { PartNumber: 1, ETag: first.CopyPartResult?.ETag },
        { PartNumber: 2, ETag: second.ETag },
      ];
      await client.send(
        new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...customer(other) }),
      );
      expect((await read("joined", customer(other))).equals(Buffer.concat([body.subarray(1), tail]))).toBe(
        true,
      );
    }, 60_000);

    test("presigned requests with signed encryption headers work", async () => {
      const trust = { tls: { ca: readFileSync(server.certificate, "utf8") } };
      for (
        const [Key, more] of [["signed-s3", { ServerSideEncryption: "AES256" }], [
          "signed-c",
          customer(key),
        ]] as const
      ) {
        const put = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key, ...more }), {
          expiresIn: 60,
        });
        const headers: Record<string, string> = Key === "signed-s3"
          ? { "x-amz-server-side-encryption": "AES256" }
          : {
            "x-amz-server-side-encryption-customer-algorithm": "AES256",
            "x-amz-server-side-encryption-customer-key": key.toString("base64"),
            "x-amz-server-side-encryption-customer-key-md5": md5(key),
          };
        const answer = await fetch(put, { ...trust, method: "PUT", headers, body: "presigned" });
        expect([answer.status, answer.status === 200 ? "" : await answer.text()]).toEqual([200, ""]);
        const reader = Key === "signed-s3" ? {} : customer(key);
        expect((await read(Key, reader)).toString()).toBe("presigned");
        const { ServerSideEncryption, SSECustomerAlgorithm } = await client.send(
          new HeadObjectCommand({ Bucket, Key, ...reader }),
        );
        expect(ServerSideEncryption ?? SSECustomerAlgorithm).toBe("AES256");
      }
    }, 60_000);

    test("updates the encryption of an object to the key of the server, and to no other", async () => {
      const Key = "updated";
      await client.send(new PutObjectCommand({ Bucket, Key, Body: "body", ServerSideEncryption: "AES256" }));
      const { ETag } = await client.send(new HeadObjectCommand({ Bucket, Key }));
      const update = (name: string) =>
        new UpdateObjectEncryptionCommand({
          Bucket,
          Key,
          ObjectEncryption: { SSEKMS: { KMSKeyArn: `arn:aws:kms:us-east-1:123456789012:key/${name}` } },
        });
      await client.send(update("my-key"));
      await expect(client.send(update("your-key"))).rejects.toMatchObject({ name: "InvalidRequest" });
      expect((await client.send(new HeadObjectCommand({ Bucket, Key }))).ETag).toBe(ETag ?? "");
      expect((await read(Key)).toString()).toBe("body");
    });
  });
}
