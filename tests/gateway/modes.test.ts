import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { bytesOf } from "../conformance/fixture.ts";
import { BACKEND_KMS, startBackend, type TestBackend } from "../store/s3/backend.ts";
import { copySource, customer, md5Hex, type Mode, startGateway, type TestGateway } from "./gateway.ts";

type Kind = "plain" | "SSE-S3" | "SSE-C";

/** What the backend is asked for: nothing, its own SSE-S3, the client's own key or one that was derived from it. */
type Asked = "nothing" | "SSE-S3" | "client key" | "derived key";

/** Section 9.1 of the formats: what arrives at the backend for each kind of request. */
const MODES:
  readonly (Mode & { readonly rows: Readonly<Record<Kind, readonly [sealed: boolean, asked: Asked]>> })[] = [
    {
      name: "no KMS",
      kms: false,
      rows: { "plain": [false, "nothing"], "SSE-S3": [false, "SSE-S3"], "SSE-C": [false, "client key"] },
    },
    {
      name: "KMS",
      kms: true,
      rows: { "plain": [false, "nothing"], "SSE-S3": [true, "nothing"], "SSE-C": [true, "nothing"] },
    },
    {
      name: "KMS and s3",
      kms: true,
      double: { s3: true, c: false },
      rows: { "plain": [false, "nothing"], "SSE-S3": [true, "SSE-S3"], "SSE-C": [true, "nothing"] },
    },
    {
      name: "KMS and c",
      kms: true,
      double: { s3: false, c: true },
      rows: { "plain": [false, "nothing"], "SSE-S3": [true, "nothing"], "SSE-C": [true, "derived key"] },
    },
    {
      name: "KMS and s3;c",
      kms: true,
      double: { s3: true, c: true },
      rows: { "plain": [false, "nothing"], "SSE-S3": [true, "SSE-S3"], "SSE-C": [true, "derived key"] },
    },
    {
      name: "KMS and auto-encryption",
      kms: true,
      autoEncryption: true,
      rows: { "plain": [true, "nothing"], "SSE-S3": [true, "nothing"], "SSE-C": [true, "nothing"] },
    },
  ];

const KINDS: readonly Kind[] = ["plain", "SSE-S3", "SSE-C"];
const Bucket = "box";
const KEY = bytesOf(32, 77);
const OTHER_KEY = bytesOf(32, 78);
const MIB = 2 ** 20;

const asking = (kind: Kind, key = KEY) =>
  kind === "plain" ? {} : kind === "SSE-S3" ? { ServerSideEncryption: "AES256" as const } : customer(key);
const reading = (kind: Kind, key = KEY) => kind === "SSE-C" ? customer(key) : {};
const copying = (kind: Kind, key = KEY) => kind === "SSE-C" ? copySource(key) : {};

for (const mode of MODES) {
  describe(`a gateway with ${mode.name}`, () => {
    let backend: TestBackend;
    let gateway: TestGateway;
    let other: TestGateway;
    beforeAll(async () => {
      backend = await startBackend({ tls: true, kms: BACKEND_KMS });
      gateway = await startGateway(backend, mode);
      other = await startGateway(backend, mode);
      await gateway.client.send(new CreateBucketCommand({ Bucket }));
    }, 60_000);
    afterAll(async () => {
      await gateway.close();
      await other.close();
      await backend.close();
    });

    const put = (Key: string, Body: Buffer, more = {}) =>
      gateway.client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
    const get = async (Key: string, more = {}) => {
      const { Body } = await gateway.client.send(new GetObjectCommand({ Bucket, Key, ...more }));
      return Buffer.from(await Body?.transformToByteArray() ?? []);
    };
    const head = (Key: string, more = {}) =>
      gateway.client.send(new HeadObjectCommand({ Bucket, Key, ...more }));
    const names = async (prefix: string) => {
      const page = await backend.store.listObjects({
        bucket: Bucket,
        prefix,
        delimiter: "",
        after: "",
        limit: 1000,
      });
      return page.objects.map(({ key }) => key);
    };
    /** What lies at the backend, after the backend's own encryption. */
    const kept = async (name: string, key: Buffer | undefined) => {
      const headers = new Map<string, string>();
      if (key !== undefined) {
        const { SSECustomerKey, SSECustomerKeyMD5 } = customer(key);
        headers.set("x-amz-server-side-encryption-customer-algorithm", "AES256");
        headers.set("x-amz-server-side-encryption-customer-key", SSECustomerKey);
        headers.set("x-amz-server-side-encryption-customer-key-md5", SSECustomerKeyMD5);
      }
      const { RequestHeaders } = await import("../../src/http/headers.ts");
      const handle = await backend.store.open(Bucket, name);
      if (handle === undefined) throw new Error(`the backend has no ${name}`);
      const request = {
        headers: new RequestHeaders([...headers].flat()),
        secure: true,
        bucket: Bucket,
        key: name,
      };
      const view = await backend.sse.view(request, handle.record);
      const chunks: Uint8Array[] = [];
      for await (const chunk of view.read(handle, 0, handle.record.size)) chunks.push(chunk);
      handle.close();
      return { bytes: Buffer.concat(chunks), headers: view.replyHeaders };
    };

    for (const kind of KINDS) {
      const [sealed, asked] = mode.rows[kind];
      const shows = kind !== "plain" ? kind : mode.autoEncryption === true ? "SSE-S3" : "plain";

      test(
        `a ${kind} PUT is ${sealed ? "encrypted" : "passed on"}, and the backend is asked for ${asked}`,
        async () => {
          const key = `put/${kind}`;
          const bytes = bytesOf(70_000, 5);
          backend.arrived.length = 0;
          const { ETag } = await put(key, bytes, {
            ...asking(kind),
            Metadata: { color: "blue" },
            ContentType: "text/x",
          });
          const derived = createHmac("sha256", KEY).update(`SSE-C${Bucket}/${key}`).digest();
          const backendKey = asked === "client key" ? KEY : asked === "derived key" ? derived : undefined;
          const name = sealed ? `${key}/.minio/data` : key;
          expect(await names("put/")).toEqual(
            expect.arrayContaining(sealed ? [`${key}/.minio/dare.meta`, `${key}/.minio/data`] : [key]),
          );
          expect((await names("put/")).includes(key)).toBe(!sealed);

          const [write] = backend.arrived.filter(({ method, target }) =>
            method === "PUT" && target.includes(encodeURIComponent(kind).replace("%2F", "/"))
          );
          expect(write?.headers["x-amz-server-side-encryption"]).toBe(
            asked === "SSE-S3" ? "AES256" : undefined,
          );
          expect(write?.headers["x-amz-server-side-encryption-customer-key"]).toBe(
            backendKey?.toString("base64"),
          );
          const sent = JSON.stringify(backend.arrived);
          expect(sent.includes(KEY.toString("base64"))).toBe(asked === "client key");

          const stored = await kept(name, backendKey);
          expect(stored.bytes.equals(bytes)).toBe(!sealed);
          if (sealed) {
            expect(stored.bytes.subarray(0, 2).toString("hex")).toMatch(/^200[01]$/);
            expect(stored.bytes.length).toBe(70_064);
            expect(stored.bytes.includes(bytes.subarray(1000, 1032))).toBe(false);
          }
          expect(stored.headers["x-amz-server-side-encryption"]).toBe(
            asked === "SSE-S3" ? "AES256" : undefined,
          );

          expect((await get(key, reading(kind))).equals(bytes)).toBe(true);
          expect(
            (await get(key, { ...reading(kind), Range: "bytes=65530-65540" })).equals(
              bytes.subarray(65530, 65541),
            ),
          )
            .toBe(true);
          const seen = await head(key, reading(kind));
          expect(seen).toMatchObject({
            ContentLength: 70_000,
            ContentType: "text/x",
            Metadata: { color: "blue" },
            ETag: ETag ?? "",
          });
          expect(seen.ServerSideEncryption).toBe(shows === "SSE-S3" ? "AES256" : undefined);
          expect(seen.SSECustomerAlgorithm).toBe(kind === "SSE-C" ? "AES256" : undefined);
          if (kind !== "SSE-C") expect(ETag).toBe(`"${md5Hex(bytes)}"`);
          const page = await gateway.client.send(new ListObjectsV2Command({ Bucket, Prefix: key }));
          expect(page.Contents?.map(({ Key, Size, ETag }) => [Key, Size, ETag])).toEqual([[
            key,
            70_000,
            ETag ?? "",
          ]]);
        },
        60_000,
      );

      test(`a ${kind} upload takes parts in any order from two gateways`, async () => {
        const Key = `multipart/${kind}`;
        const parts = [bytesOf(5 * MIB, 1), bytesOf(5 * MIB + 7, 2), bytesOf(100_000, 3)];
        const { UploadId } = await gateway.client.send(
          new CreateMultipartUploadCommand({ Bucket, Key, ...asking(kind) }),
        );
        const etags: string[] = [];
        for (const [i, by] of [[2, other], [0, gateway], [1, other]] as const) {
          const { ETag } = await by.client.send(
            new UploadPartCommand({
              Bucket,
              Key,
              UploadId,
              PartNumber: i + 1,
              Body: parts[i] ?? bytesOf(0),
              ...reading(kind),
            }),
          );
          etags[i] = ETag ?? "";
        }
        const listed = await other.client.send(new ListPartsCommand({ Bucket, Key, UploadId }));
        expect(listed.Parts?.map(({ Size, ETag }) => [Size, ETag])).toEqual(
          parts.map((part, i) => [part.length, etags[i] ?? ""]),
        );
        const complete = new CompleteMultipartUploadCommand({
          Bucket,
          Key,
          UploadId,
          MultipartUpload: { Parts: etags.map((ETag, i) => ({ ETag, PartNumber: i + 1 })) },
          ...reading(kind),
        });
        const { ETag } = await other.client.send(complete);
        expect(ETag).toMatch(/^"[0-9a-f]{32}-3"$/);
        // AWS wants the client's key where the parts have checksums.
        const { headers } = backend.arrived.findLast(({ method }) => method === "POST") ?? {};
        expect(headers?.["x-amz-server-side-encryption-customer-key"])
          .toBe(asked === "client key" ? KEY.toString("base64") : undefined);
        const whole = Buffer.concat(parts);
        expect((await get(Key, reading(kind))).equals(whole)).toBe(true);
        const range = { ...reading(kind), Range: `bytes=${5 * MIB - 3}-${10 * MIB + 20}` };
        expect((await get(Key, range)).equals(whole.subarray(5 * MIB - 3, 10 * MIB + 21))).toBe(true);
        expect((await head(Key, reading(kind))).ETag).toBe(ETag ?? "");
        expect(await names("multipart/")).not.toContainEqual(expect.stringMatching(/part\.meta$/));
      }, 120_000);

      test(`a ${kind} object is copied to every kind, and onto itself`, async () => {
        const from = `copy/from-${kind}`;
        const bytes = bytesOf(70_001, 9);
        await put(from, bytes, asking(kind));
        for (const to of KINDS) {
          const Key = `copy/${kind}-to-${to}`;
          await gateway.client.send(
            new CopyObjectCommand({
              Bucket,
              Key,
              CopySource: `${Bucket}/${from}`,
              ...copying(kind),
              ...asking(to),
            }),
          );
          expect((await get(Key, reading(to))).equals(bytes)).toBe(true);
          const same = { Bucket, Key, CopySource: `${Bucket}/${Key}`, MetadataDirective: "REPLACE" as const };
          backend.arrived.length = 0;
          await gateway.client.send(
            new CopyObjectCommand({
              ...same,
              Metadata: { a: "b" },
              ...copying(to),
              ...asking(to, OTHER_KEY),
            }),
          );
          expect((await get(Key, reading(to, OTHER_KEY))).equals(bytes)).toBe(true);
          expect((await head(Key, reading(to, OTHER_KEY))).Metadata).toEqual({ a: "b" });
          const [rewritten] = mode.rows[to];
          if (!rewritten) continue;
          const meta = (await kept(`${Key}/.minio/dare.meta`, undefined)).bytes.toString();
          expect(meta).not.toContain("customer");
          expect(meta).not.toContain(OTHER_KEY.toString("base64"));
          expect(JSON.stringify(backend.arrived)).not.toContain(OTHER_KEY.toString("base64"));
          expect(await names(Key)).toEqual([`${Key}/.minio/dare.meta`, `${Key}/.minio/data`]);
        }
      }, 120_000);

      test(`a ${kind} object replaces one of every other kind, and is deleted without a trace`, async () => {
        for (const before of KINDS) {
          const Key = `replace/${before}-by-${kind}`;
          await put(Key, bytesOf(10, 1), asking(before));
          await put(Key, bytesOf(300_000, 2), asking(kind));
          expect((await get(Key, reading(kind))).equals(bytesOf(300_000, 2))).toBe(true);
          expect(await names(Key)).toHaveLength(sealed ? 2 : 1);
          const page = await gateway.client.send(new ListObjectsV2Command({ Bucket, Prefix: Key }));
          expect(page.Contents?.map(({ Size }) => Size)).toEqual([300_000]);
        }
        const gone = KINDS.map((before) => ({ Key: `replace/${before}-by-${kind}` }));
        const { Errors } = await gateway.client.send(
          new DeleteObjectsCommand({ Bucket, Delete: { Objects: gone } }),
        );
        expect(Errors ?? []).toEqual([]);
        expect((await names("replace/")).filter((name) => name.includes(`by-${kind}`))).toEqual([]);
      }, 60_000);

      test(`a ${kind} object is read by a presigned URL and on conditions`, async () => {
        const Key = `signed/${kind}`;
        const bytes = bytesOf(1000, 4);
        const { ETag } = await put(Key, bytes, asking(kind));
        const url = await getSignedUrl(
          gateway.client,
          new GetObjectCommand({ Bucket, Key, ...reading(kind) }),
        );
        const sent = kind === "SSE-C"
          ? {
            "x-amz-server-side-encryption-customer-algorithm": "AES256",
            "x-amz-server-side-encryption-customer-key": KEY.toString("base64"),
            "x-amz-server-side-encryption-customer-key-md5": customer(KEY).SSECustomerKeyMD5,
          }
          : {};
        const answer = await fetch(url, { headers: sent, tls: { ca: readFileSync(gateway.certificate) } });
        expect([answer.status, Buffer.from(await answer.arrayBuffer()).equals(bytes)]).toEqual([200, true]);
        await expect(get(Key, { ...reading(kind), IfNoneMatch: ETag })).rejects.toHaveProperty(
          "$metadata.httpStatusCode",
          304,
        );
        await expect(get(Key, { ...reading(kind), IfMatch: '"other"' })).rejects.toHaveProperty(
          "name",
          "PreconditionFailed",
        );
        await expect(put(Key, bytes, { ...asking(kind), IfNoneMatch: "*" })).rejects.toHaveProperty(
          "name",
          "PreconditionFailed",
        );
        await put(Key, bytesOf(5), { ...asking(kind), IfMatch: ETag });
        await expect(put(Key, bytes, { ...asking(kind), IfMatch: ETag })).rejects.toHaveProperty(
          "name",
          "PreconditionFailed",
        );
        expect((await get(Key, reading(kind))).equals(bytesOf(5))).toBe(true);
      }, 60_000);
    }

    test("a key that is missing or wrong opens nothing", async () => {
      await put("locked", bytesOf(100), customer(KEY));
      await expect(get("locked")).rejects.toHaveProperty("$metadata.httpStatusCode", 400);
      await expect(head("locked")).rejects.toHaveProperty("$metadata.httpStatusCode", 400);
      await expect(get("locked", customer(OTHER_KEY))).rejects.toHaveProperty(
        "$metadata.httpStatusCode",
        403,
      );
    });
  });
}
