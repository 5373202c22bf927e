import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
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
import { Readable } from "node:stream";
import { ACCESS_KEY, type RunningServer, SECRET_KEY, startServer } from "../running-server.ts";
import { MIB, sha256 } from "./files.ts";

for (const tls of [false, true]) {
  describe(`@aws-sdk/client-s3 over ${tls ? "https" : "http"}`, () => {
    let server: RunningServer;
    let client: S3Client;
    const Bucket = "crate";

    beforeAll(async () => {
      server = await startServer({ tls });
      client = new S3Client({
        endpoint: server.url,
        region: "us-east-1",
        forcePathStyle: true,
        credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
        ...(tls
          ? { requestHandler: { httpsAgent: new Agent({ ca: readFileSync(server.certificate) }) } }
          : {}),
      });
      await client.send(new CreateBucketCommand({ Bucket }));
    }, 60_000);
    afterAll(async () => {
      client.destroy();
      await server.stop();
      server.remove();
    });
    const read = async (Key: string) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      return Buffer.from(await Body?.transformToByteArray() ?? []);
    };

    test("a put with the default checksum keeps it and a get verifies it", async () => {
      const put = await client.send(new PutObjectCommand({ Bucket, Key: "word", Body: "hello" }));
      expect(put.ChecksumCRC32).toBe("NhCmhg==");
      const get = await client.send(new GetObjectCommand({ Bucket, Key: "word", ChecksumMode: "ENABLED" }));
      expect([await get.Body?.transformToString(), get.ChecksumCRC32]).toEqual(["hello", "NhCmhg=="]);
    });

    for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
      test(`a 30 MB upload in parts with ${algorithm} is whole and carries its checksum`, async () => {
        const bytes = randomBytes(30 * MIB);
        const Key = `parts/${algorithm}`;
        const params = { Bucket, Key, Body: Readable.from(slices(bytes)), ChecksumAlgorithm: algorithm };
        await new Upload({ client, params, partSize: 6 * MIB, queueSize: 3 }).done();
        const head = await client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
        expect(head.ContentLength).toBe(bytes.length);
        expect(head[`Checksum${algorithm}`]).toBeString();
        expect(sha256(await read(Key))).toBe(sha256(bytes));
        const attributes = await client.send(
          new GetObjectAttributesCommand({
            Bucket,
            Key,
            ObjectAttributes: ["ObjectSize", "ObjectParts", "Checksum"],
          }),
        );
        expect([attributes.ObjectSize, attributes.ObjectParts?.TotalPartsCount]).toEqual([bytes.length, 5]);
      }, 60_000);
    }

    test("parts copied from another object join with uploaded ones", async () => {
      const source = randomBytes(6 * MIB);
      const tail = randomBytes(1000);
      await client.send(new PutObjectCommand({ Bucket, Key: "source", Body: source }));
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "joined" }));
      const named = { Bucket, Key: "joined", UploadId };
      const first = await client.send(
        new UploadPartCopyCommand({
          ...named,
          PartNumber: 1,
          CopySource: `${Bucket}/source`,
          CopySourceRange: `bytes=10-${6 * MIB - 1}`,
        }),
      );
      const second = await client.send(new UploadPartCommand({ ...named, PartNumber: 2, Body: tail }));
      const Parts = [
        { PartNumber: 1, ETag: first.CopyPartResult?.ETag },
        { PartNumber: 2, ETag: second.ETag },
      ];
      await client.send(new CompleteMultipartUploadCommand({ ...named, MultipartUpload: { Parts } }));
      expect(sha256(await read("joined"))).toBe(sha256(Buffer.concat([source.subarray(10), tail])));
    }, 60_000);

    test("a copy takes new metadata, and a conditional put loses to what is there", async () => {
      const copy = { Bucket, Key: "copied", CopySource: `${Bucket}/word` };
      await client.send(
        new CopyObjectCommand({
          ...copy,
          MetadataDirective: "REPLACE",
          Metadata: { a: "b" },
          ContentType: "text/z",
        }),
      );
      const head = await client.send(new HeadObjectCommand({ Bucket, Key: "copied" }));
      expect([head.Metadata, head.ContentType, head.ContentLength]).toEqual([{ a: "b" }, "text/z", 5]);
      const refused = client.send(
        new PutObjectCommand({ Bucket, Key: "copied", Body: "x", IfNoneMatch: "*" }),
      );
      expect(refused).rejects.toMatchObject({ name: "PreconditionFailed" });
    });

    test("a presigned put and get work without credentials", async () => {
      const trust = tls ? { tls: { ca: readFileSync(server.certificate, "utf8") } } : {};
      const described = new PutObjectCommand({ Bucket, Key: "pre signed/ü", Metadata: { colour: "blue" } });
      const put = await getSignedUrl(client, described, { expiresIn: 60 });
      expect((await fetch(put, { ...trust, method: "PUT", body: "presigned" })).status).toBe(200);
      const get = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: "pre signed/ü" }), {
        expiresIn: 60,
      });
      const got = await fetch(get, trust);
      expect([await got.text(), got.headers.get("x-amz-meta-colour")]).toEqual(["presigned", "blue"]);
    });

    test("every legal key can be written, read, listed and deleted", async () => {
      const keys = [
        "k/a",
        "k/a/b",
        "k//b",
        "k/./x",
        "k/../y",
        "k/z/",
        "k/+ %&=?#",
        "k/😀",
        "k/ü",
        "k/\u0001\u001f",
        "k/<>\"'",
      ];
      for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
      for (const Key of keys) expect((await read(Key)).toString()).toBe(Key);
      const listed: string[] = [];
      const pages = paginateListObjectsV2({ client, pageSize: 3 }, {
        Bucket,
        Prefix: "k/",
        EncodingType: "url",
      });
      for await (const page of pages) {
        listed.push(
          ...page.Contents?.map((entry) => decodeURIComponent(entry.Key?.replaceAll("+", " ") ?? "")) ?? [],
        );
      }
      expect(listed).toEqual(keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      // XML 1.0 has no way to name a control character, so such a key is deleted on its own.
      const nameable = keys.filter((Key) => !/\p{Cc}/u.test(Key));
      for (const Key of keys) {
        if (!nameable.includes(Key)) await client.send(new DeleteObjectCommand({ Bucket, Key }));
      }
      const Objects = nameable.map((Key) => ({ Key }));
      const deleted = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      expect([deleted.Deleted?.length, deleted.Errors]).toEqual([nameable.length, undefined]);
      expect((await client.send(new ListObjectsV2Command({ Bucket, Prefix: "k/" }))).KeyCount).toBe(0);
    });

    test("versions are listed in pages, read and removed by their ids", async () => {
      const names = ["versions/a", "versions/b", "versions/c/d"];
      for (const Key of names) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
      const query = { Bucket, Prefix: "versions/" };
      const first = await client.send(new ListObjectVersionsCommand({ ...query, MaxKeys: 2 }));
      const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = first;
      const rest = await client.send(new ListObjectVersionsCommand({ ...query, KeyMarker, VersionIdMarker }));
      const found = [...first.Versions ?? [], ...rest.Versions ?? []];
      expect(found.map(({ Key, VersionId, IsLatest }) => [Key, VersionId, IsLatest])).toEqual(
        names.map((Key) => [Key, "null", true]),
      );
      expect([first.IsTruncated, rest.IsTruncated]).toEqual([true, false]);
      const { Body } = await client.send(
        new GetObjectCommand({ Bucket, Key: "versions/b", VersionId: "null" }),
      );
      expect(await Body?.transformToString()).toBe("versions/b");
      const Objects = found.map(({ Key, VersionId }) => ({ Key, VersionId }));
      const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      expect(Deleted).toEqual(Objects);
      expect((await client.send(new ListObjectVersionsCommand(query))).Versions).toBeUndefined();
    });

    test("a wrong checksum is refused and nothing is stored", async () => {
      const wrong = createHash("sha256").update("other").digest("base64");
      const put = client.send(
        new PutObjectCommand({ Bucket, Key: "bad", Body: "hello", ChecksumSHA256: wrong }),
      );
      expect(put).rejects.toMatchObject({ name: "BadDigest" });
      expect(client.send(new HeadObjectCommand({ Bucket, Key: "bad" }))).rejects.toMatchObject({
        name: "NotFound",
      });
    });
  });
}

function* slices(bytes: Buffer): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}
