import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createMultipartUpload } from "../../src/s3/operations/create-multipart-upload.ts";
import { completeMultipartUpload } from "../../src/s3/operations/complete-multipart-upload.ts";
import { copyObject } from "../../src/s3/operations/copy-object.ts";
import { headObject } from "../../src/s3/operations/head-object.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { uploadPartCopy } from "../../src/s3/operations/upload-part-copy.ts";
import { bytesOf, md5, MIB, partList } from "../s3/upload-fixture.ts";
import {
  customer,
  encryptionHeaders,
  expectedHeaders,
  type Headers,
  openScene,
  PROVIDERS,
  type Scene,
  sourceCustomer,
  SSE_S3,
} from "./scene.ts";

interface Kind {
  readonly name: string;
  readonly write: Headers;
  readonly read: Headers;
  /** What it takes to copy it. */
  readonly source: Headers;
}

const PLAIN: Kind = { name: "plain", write: {}, read: {}, source: {} };
const S3: Kind = { name: "SSE-S3", write: SSE_S3, read: {}, source: {} };
const c = (seed: number): Kind => ({
  name: `SSE-C under key ${seed}`,
  write: customer(seed),
  read: customer(seed),
  source: sourceCustomer(seed),
});

const copy = (scene: Scene, from: string, to: string, headers: Headers) =>
  scene.run(copyObject, { target: to, headers: { "x-amz-copy-source": from, ...headers } });

for (const provider of PROVIDERS) {
  describe(`copies by ${provider}`, () => {
    for (const from of [PLAIN, S3, c(1)]) {
      for (const to of [PLAIN, S3, c(1), c(2)]) {
        test(`${from.name} to ${to.name}: small, large and in parts`, async () => {
          await using scene = await openScene({ provider });
          const small = bytesOf(100, 1);
          const large = bytesOf(700_000, 2);
          const parts = [bytesOf(5 * MIB, 3), bytesOf(99, 4)];
          const metadata = { "x-amz-meta-colour": "blue", "content-type": "text/x-test" };
          await scene.run(putObject, {
            target: "/box/small",
            body: small,
            headers: { ...from.write, ...metadata },
          });
          await scene.run(putObject, {
            target: "/box/large",
            body: large,
            headers: { ...from.write, ...metadata },
          });
          await scene.upload("/box/parts", parts, { ...from.write, ...metadata });
          const bodies = { small, large, parts: Buffer.concat(parts) };
          for (const [key, body] of Object.entries(bodies)) {
            const answer = await copy(scene, `/box/${key}`, `/other/${key}`, { ...from.source, ...to.write });
            expect(encryptionHeaders(answer)).toEqual(expectedHeaders(to.write));
            expect(Buffer.compare(await scene.read(`/other/${key}`, to.read), body)).toBe(0);
            const head = await scene.run(headObject, { target: `/other/${key}`, headers: to.read });
            expect(encryptionHeaders(head)).toEqual(expectedHeaders(to.write));
            expect([head.headers["x-amz-meta-colour"], head.headers["Content-Type"]]).toEqual([
              "blue",
              "text/x-test",
            ]);
            expect([key, head.headers["ETag"] === `"${md5(body)}"`]).toEqual([
              key,
              !to.name.startsWith("SSE-C"),
            ]);
          }
          const { metadata: kept } = await scene.record("/other/small");
          const internal = Object.keys(kept).filter((name) => name.startsWith("X-Minio-Internal-"));
          expect(internal.length > 0).toBe(to !== PLAIN);
        });
      }
    }

    test("ranges of encrypted sources become parts of encrypted uploads", async () => {
      await using scene = await openScene({ provider });
      const body = bytesOf(6 * MIB, 9);
      for (const from of [PLAIN, S3, c(1)]) {
        await scene.run(putObject, { target: "/box/from", body, headers: from.write });
        for (const to of [PLAIN, S3, c(2)]) {
          const { text } = await scene.run(createMultipartUpload, {
            target: "/box/to?uploads",
            headers: to.write,
          });
          const id = encodeURIComponent(/<UploadId>([^<]+)</.exec(text)?.[1] ?? "");
          const ranges = [[1, 5 * MIB], [65_536, 131_071]] as const;
          const named = [];
          for (const [i, [first, last]] of ranges.entries()) {
            const answer = await scene.run(uploadPartCopy, {
              target: `/box/to?partNumber=${i + 1}&uploadId=${id}`,
              headers: {
                "x-amz-copy-source": "/box/from",
                "x-amz-copy-source-range": `bytes=${first}-${last}`,
                ...from.source,
                ...to.read,
              },
            });
            expect(encryptionHeaders(answer)).toEqual(expectedHeaders(to.write));
            const etag = /&#34;([^&]*)&#34;/.exec(answer.text)?.[1] ?? "";
            expect(etag === md5(body.subarray(first, last + 1))).toBe(!to.name.startsWith("SSE-C"));
            named.push({ number: i + 1, etag });
          }
          const target = `/box/to?uploadId=${id}`;
          await scene.run(completeMultipartUpload, { target, headers: to.read, body: partList(named) });
          const expected = Buffer.concat(ranges.map(([first, last]) => body.subarray(first, last + 1)));
          expect([from.name, to.name, Buffer.compare(await scene.read("/box/to", to.read), expected)])
            .toEqual([from.name, to.name, 0]);
        }
      }
    });
  });
}

test("a copy keeps the checksum of its source, sealed where the copy is", async () => {
  await using scene = await openScene();
  const headers = { ...customer(1), "x-amz-checksum-crc32": "NhCmhg==" };
  await scene.run(putObject, { target: "/box/from", body: "hello", headers });
  for (const to of [PLAIN, S3, c(2)]) {
    const answer = await copy(scene, "/box/from", "/box/to", { ...sourceCustomer(1), ...to.write });
    expect(answer.text).toContain("<ChecksumCRC32>NhCmhg==</ChecksumCRC32>");
    const mode = { ...to.read, "x-amz-checksum-mode": "ENABLED" };
    const head = await scene.run(headObject, { target: "/box/to", headers: mode });
    expect(head.headers["x-amz-checksum-crc32"]).toBe("NhCmhg==");
    expect(JSON.stringify(await scene.record("/box/to")).includes("NhCmhg==")).toBe(to === PLAIN);
  }
});

test("a copy is not inherited from its source: without headers and defaults it is plain", async () => {
  await using scene = await openScene();
  await scene.run(putObject, { target: "/box/from", body: "hello", headers: SSE_S3 });
  expect(encryptionHeaders(await copy(scene, "/box/from", "/box/to", {}))).toEqual({});
  expect((await scene.record("/box/to")).storedSize).toBe(5);
});
