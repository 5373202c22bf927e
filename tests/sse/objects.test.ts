import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { copyObject } from "../../src/s3/operations/copy-object.ts";
import { getObjectAttributes } from "../../src/s3/operations/get-object-attributes.ts";
import { getObject } from "../../src/s3/operations/get-object.ts";
import { headObject } from "../../src/s3/operations/head-object.ts";
import { listObjectsV2 } from "../../src/s3/operations/list-objects-v2.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { bytesOf, finishedEtag, md5, MIB } from "../s3/upload-fixture.ts";
import { customer, encryptionHeaders, expectedHeaders, openScene, PROVIDERS, SSE_S3 } from "./scene.ts";

const KINDS = [
  { name: "SSE-S3", write: SSE_S3, read: {}, told: SSE_S3 },
  { name: "SSE-C", write: customer(1), read: customer(1), told: expectedHeaders(customer(1)) },
];
const SIZES = [0, 1, 100, 65_535, 65_536, 65_537, 131_072, 200_000, 3 * MIB + 17];

for (const provider of PROVIDERS) {
  for (const { name, write, read, told } of KINDS) {
    describe(`${name} by ${provider}`, () => {
      test("objects of every size come back byte for byte, with their size and their headers", async () => {
        await using scene = await openScene({ provider });
        for (const size of SIZES) {
          const body = bytesOf(size, size);
          const target = `/box/${size}`;
          const put = await scene.run(putObject, { target, body, headers: write });
          expect(encryptionHeaders(put)).toEqual(told);
          const get = await scene.run(getObject, { target, headers: read });
          expect([size, Buffer.compare(get.bytes, body)]).toEqual([size, 0]);
          expect(encryptionHeaders(get)).toEqual(told);
          const head = await scene.run(headObject, { target, headers: read });
          expect([head.headers["Content-Length"], head.headers["ETag"]])
            .toEqual([String(size), put.headers["ETag"] ?? ""]);
          expect(encryptionHeaders(head)).toEqual(told);
        }
      });

      test("ranges come back byte for byte, at and across the borders of packages", async () => {
        await using scene = await openScene({ provider });
        const body = bytesOf(5 * 65_536 + 99, 3);
        await scene.run(putObject, { target: "/box/key", body, headers: write });
        const ends = [
          0,
          1,
          65_535,
          65_536,
          65_537,
          131_071,
          131_072,
          5 * 65_536 - 1,
          5 * 65_536,
          body.length - 1,
        ];
        for (const first of ends) {
          for (const last of ends.filter((end) => end >= first)) {
            const headers = { ...read, range: `bytes=${first}-${last}` };
            const get = await scene.run(getObject, { target: "/box/key", headers });
            expect([get.status, get.headers["Content-Range"]])
              .toEqual([206, `bytes ${first}-${last}/${body.length}`]);
            expect(Buffer.compare(get.bytes, body.subarray(first, last + 1))).toBe(0);
          }
        }
        const beyond = { ...read, range: `bytes=${body.length}-` };
        expect((await scene.fail(getObject, { target: "/box/key", headers: beyond })).status).toBe(416);
      });

      test("a multipart object comes back whole, by part and by ranges across its parts", async () => {
        await using scene = await openScene({ provider });
        const parts = [bytesOf(5 * MIB, 1), bytesOf(5 * MIB + 12_345, 2), bytesOf(777, 3)];
        const whole = Buffer.concat(parts);
        expect(encryptionHeaders(await scene.upload("/box/key", parts, write))).toEqual(told);
        expect(Buffer.compare(await scene.read("/box/key", read), whole)).toBe(0);
        for (const [i, part] of parts.entries()) {
          const got = await scene.run(getObject, { target: `/box/key?partNumber=${i + 1}`, headers: read });
          expect([got.status, got.headers["x-amz-mp-parts-count"]]).toEqual([206, "3"]);
          expect(Buffer.compare(got.bytes, part)).toBe(0);
        }
        const borders = [5 * MIB, 10 * MIB + 12_345];
        for (const border of borders) {
          for (const [before, after] of [[1, 0], [0, 1], [1, 1], [70_000, 700]] as const) {
            if (before + after === 0) continue;
            const range = `bytes=${border - before}-${border + after - 1}`;
            const got = await scene.read("/box/key", { ...read, range });
            expect([range, Buffer.compare(got, whole.subarray(border - before, border + after))]).toEqual([
              range,
              0,
            ]);
          }
        }
        const across = await scene.read("/box/key", { ...read, range: `bytes=100-${whole.length - 100}` });
        expect(Buffer.compare(across, whole.subarray(100, whole.length - 99))).toBe(0);
      });

      test("checksums rest sealed and are shown to readers of the object", async () => {
        await using scene = await openScene({ provider });
        const value = createHash("sha256").update("hello").digest("base64");
        const headers = { ...write, "x-amz-checksum-sha256": value };
        const put = await scene.run(putObject, { target: "/box/key", body: "hello", headers });
        expect(put.headers["x-amz-checksum-sha256"]).toBe(value);
        expect(JSON.stringify(await scene.record("/box/key"))).not.toContain(value);
        const mode = { ...read, "x-amz-checksum-mode": "ENABLED" };
        const head = await scene.run(headObject, { target: "/box/key", headers: mode });
        expect(head.headers["x-amz-checksum-sha256"]).toBe(value);
        const wanted = { ...read, "x-amz-object-attributes": "ETag,Checksum,ObjectSize" };
        const attributes = await scene.run(getObjectAttributes, {
          target: "/box/key?attributes",
          headers: wanted,
        });
        expect(attributes.text).toContain(`<ChecksumSHA256>${value}</ChecksumSHA256>`);
        expect(attributes.text).toContain("<ObjectSize>5</ObjectSize>");
        expect(encryptionHeaders(attributes)).toEqual(told);
      });

      test("conditions and If-Match of a later write take the ETag that was shown", async () => {
        await using scene = await openScene({ provider });
        const { headers: { ETag = "" } } = await scene.run(putObject, {
          target: "/box/key",
          body: "one",
          headers: write,
        });
        const same = { ...read, "if-none-match": ETag };
        expect((await scene.run(getObject, { target: "/box/key", headers: same })).status).toBe(304);
        const other = { ...read, "if-match": '"00000000000000000000000000000000"' };
        expect((await scene.fail(getObject, { target: "/box/key", headers: other })).code)
          .toBe("PreconditionFailed");
        const replace = { ...write, "if-match": ETag };
        await scene.run(putObject, { target: "/box/key", body: "two", headers: replace });
        expect((await scene.fail(putObject, { target: "/box/key", body: "three", headers: replace })).code)
          .toBe("PreconditionFailed");
        expect((await scene.read("/box/key", read)).toString()).toBe("two");
      });

      test("a body that breaks its promise is not stored", async () => {
        await using scene = await openScene({ provider });
        const headers = { ...write, "content-md5": createHash("md5").update("other").digest("base64") };
        for (const body of ["hello", bytesOf(200_000)]) {
          expect((await scene.fail(putObject, { target: "/box/key", body, headers })).code).toBe("BadDigest");
          expect(await scene.store.head("box", "key")).toBeUndefined();
        }
        const right = { ...write, "content-md5": createHash("md5").update("hello").digest("base64") };
        expect((await scene.run(putObject, { target: "/box/key", body: "hello", headers: right })).status)
          .toBe(200);
      });
    });
  }
}

test("the ETag under SSE-S3 is the MD5 of the plaintext in every answer and rests nowhere", async () => {
  await using scene = await openScene();
  const body = bytesOf(70_000, 7);
  const parts = [bytesOf(5 * MIB, 1), bytesOf(10, 2)];
  const put = await scene.run(putObject, { target: "/box/whole", body, headers: SSE_S3 });
  expect(put.headers["ETag"]).toBe(`"${md5(body)}"`);
  const done = await scene.upload("/box/parts", parts, SSE_S3);
  expect(done.text).toContain(finishedEtag(parts));
  const copy = { ...SSE_S3, "x-amz-copy-source": "/box/whole" };
  const copied = await scene.run(copyObject, { target: "/box/copy", headers: copy });
  expect(copied.text).toContain(md5(body));
  const { text } = await scene.run(listObjectsV2, { target: "/box?list-type=2" });
  const listed = Object.fromEntries(
    [...text.matchAll(/<Key>([^<]*)<\/Key>.*?<ETag>&#34;([^<]*)&#34;<\/ETag>.*?<Size>(\d+)</g)]
      .map(([, key = "", etag, size]) => [key, [etag, Number(size)]]),
  );
  expect(listed).toEqual({
    whole: [md5(body), body.length],
    copy: [md5(body), body.length],
    parts: [finishedEtag(parts), 5 * MIB + 10],
  });
  for (const key of ["whole", "parts", "copy"]) {
    const record = JSON.stringify(await scene.record(`/box/${key}`));
    for (const digest of [md5(body), finishedEtag(parts), ...parts.map(md5)]) {
      expect(record).not.toContain(digest);
    }
  }
});

test("the ETag under SSE-C is not the MD5, looks like one, and is another for every upload", async () => {
  await using scene = await openScene();
  const etags = new Set<string>();
  for (const body of ["hello", "hello", ""]) {
    const { headers: { ETag = "" } } = await scene.run(putObject, {
      target: "/box/key",
      body,
      headers: customer(1),
    });
    expect(ETag).toMatch(/^"[0-9a-f]{32}"$/);
    expect(ETag).not.toContain(md5(body));
    etags.add(ETag);
    const { text } = await scene.run(listObjectsV2, { target: "/box?list-type=2" });
    expect(text).toContain(ETag.slice(1, -1));
  }
  expect(etags.size).toBe(3);
});

test("the same bytes under the same key rest as other bytes each time", async () => {
  await using scene = await openScene();
  for (const headers of [SSE_S3, customer(1)]) {
    const seen = new Set<string>();
    for (const key of ["a", "b", "a"]) {
      await scene.run(putObject, { target: `/box/${key}`, body: "the same", headers });
      const handle = await scene.store.open("box", key);
      for await (const chunk of handle?.read(0, handle.record.storedSize) ?? []) {
        seen.add(Buffer.from(chunk.subarray(16)).toString("hex"));
      }
      handle?.close();
    }
    expect(seen.size).toBe(3);
  }
});

test("what an object was written with by one provider the other one reads", async () => {
  await using scene = await openScene({ provider: "webcrypto" });
  const body = bytesOf(300_000, 5);
  const parts = [bytesOf(5 * MIB, 1), bytesOf(70_000, 2)];
  await scene.run(putObject, { target: "/box/whole", body, headers: SSE_S3 });
  await scene.upload("/box/parts", parts, customer(3));
  await scene.store.close();
  await using again = await openScene({ provider: "native", directory: scene.directory });
  expect(Buffer.compare(await again.read("/box/whole"), body)).toBe(0);
  expect(Buffer.compare(await again.read("/box/parts", customer(3)), Buffer.concat(parts))).toBe(0);
});
