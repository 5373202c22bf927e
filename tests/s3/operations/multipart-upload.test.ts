import { expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import type { S3ErrorCode } from "../../../src/errors/s3-error.ts";
import { createMultipartUpload } from "../../../src/s3/operations/create-multipart-upload.ts";
import { getObject } from "../../../src/s3/operations/get-object.ts";
import { headObject } from "../../../src/s3/operations/head-object.ts";
import { listParts } from "../../../src/s3/operations/list-parts.ts";
import { putObject } from "../../../src/s3/operations/put-object.ts";
import { uploadPart } from "../../../src/s3/operations/upload-part.ts";
import { PLAIN_PARTS, PLAIN_SEALING } from "../../../src/sse/plain.ts";
import { plainSse } from "../plain-sse.ts";
import type { Sse } from "../../../src/sse/sse.ts";
import {
  bytesOf,
  fields,
  finishedEtag,
  FIRST,
  LAST,
  md5,
  openUploads,
  twoParts,
  type Uploads,
} from "../upload-fixture.ts";

test("an object comes in parts, in any order, and is read back whole", async () => {
  await using uploads = await openUploads();
  const id = await uploads.begin("a b/ü", { headers: { "content-type": "text/plain", "x-amz-meta-a": "1" } });
  const third = await uploads.part("a b/ü", id, 30, LAST);
  const first = await uploads.part("a b/ü", id, 1, FIRST);
  await uploads.part("a b/ü", id, 2, "not chosen");
  expect(first.etag).toBe(`"${md5(FIRST)}"`);
  expect(await uploads.store.head("box", "a b/ü")).toBeUndefined();

  const answer = await uploads.complete("a b/ü", id, [first, third], { secure: true });
  const etag = finishedEtag([FIRST, LAST]);
  expect(answer.status).toBe(200);
  expect(answer.text).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<CompleteMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
      "<Location>https://localhost/box/a%20b%2F%C3%BC</Location><Bucket>box</Bucket><Key>a b/ü</Key>" +
      `<ETag>&#34;${etag}&#34;</ETag></CompleteMultipartUploadResult>`,
  );
  expect(await uploads.read("a b/ü")).toEqual(Buffer.concat([FIRST, LAST]));
  const head = await uploads.run(headObject, { target: "/box/a%20b%2F%C3%BC" });
  expect(head.headers).toMatchObject({
    "ETag": `"${etag}"`,
    "Content-Type": "text/plain",
    "x-amz-meta-a": "1",
  });
});

test("each part of the finished object is read by its number", async () => {
  await using uploads = await openUploads();
  const { id, parts } = await twoParts(uploads);
  await uploads.complete("key", id, parts);
  const got = await uploads.run(getObject, { target: "/box/key?partNumber=2" });
  expect([got.status, got.headers["x-amz-mp-parts-count"]]).toEqual([206, "2"]);
  expect(got.bytes).toEqual(new Uint8Array(LAST));
});

test("a single part of any size makes an object, even an empty one", async () => {
  await using uploads = await openUploads();
  for (const body of [bytesOf(0), bytesOf(1, 7)]) {
    const id = await uploads.begin("small");
    await uploads.complete("small", id, [await uploads.part("small", id, 7, body)]);
    expect(await uploads.read("small")).toEqual(body);
    expect((await uploads.store.head("box", "small"))?.etag).toBe(finishedEtag([body]));
  }
});

test("CreateMultipartUpload tells bucket, key, a fresh id and the checksum", async () => {
  await using uploads = await openUploads();
  const begin = (headers = {}) =>
    uploads.run(createMultipartUpload, { target: "/box/k%26?uploads", headers });
  const plain = await begin();
  const root = "InitiateMultipartUploadResult";
  const names = ["Bucket", "Key", "UploadId"];
  const first = fields(plain, root, ...names);
  expect(first).toMatchObject({ Bucket: "box", Key: "k&" });
  expect(plain.headers).toEqual({ "Content-Type": "application/xml" });
  const summed = await begin({ "x-amz-checksum-algorithm": "crc32", "x-amz-checksum-type": "FULL_OBJECT" });
  expect(fields(summed, root, "UploadId")["UploadId"]).not.toBe(first["UploadId"]);
  expect(summed.headers).toMatchObject({
    "x-amz-checksum-algorithm": "CRC32",
    "x-amz-checksum-type": "FULL_OBJECT",
  });
});

test("CreateMultipartUpload gives each algorithm the types that it can have", async () => {
  await using uploads = await openUploads();
  const begin = (algorithm: string, type?: string) =>
    uploads.run(createMultipartUpload, {
      target: "/box/k?uploads",
      headers: {
        "x-amz-checksum-algorithm": algorithm,
        ...(type === undefined ? {} : { "x-amz-checksum-type": type }),
      },
    });
  for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
    const usual = algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE";
    expect((await begin(algorithm)).headers["x-amz-checksum-type"]).toBe(usual);
    for (const type of ["FULL_OBJECT", "COMPOSITE"]) {
      if (type === usual || algorithm === "CRC32" || algorithm === "CRC32C") {
        expect((await begin(algorithm, type)).headers["x-amz-checksum-type"]).toBe(type);
      } else expect((await uploads.fail(begin(algorithm, type))).code).toBe("InvalidRequest");
    }
  }
  expect((await uploads.fail(begin("MD4"))).code).toBe("InvalidRequest");
  expect((await uploads.fail(begin("CRC32", "HALF"))).code).toBe("InvalidRequest");
});

test("an upload to a bucket that is not there, or with metadata that is too large, is not begun", async () => {
  await using uploads = await openUploads();
  const none = uploads.run(createMultipartUpload, { target: "/none/k?uploads" });
  expect((await uploads.fail(none)).code).toBe("NoSuchBucket");
  const large = uploads.begin("k", { headers: { "x-amz-meta-a": "x".repeat(2048) } });
  expect((await uploads.fail(large)).code).toBe("MetadataTooLarge");
  const page = await uploads.store.listUploads({
    bucket: "box",
    prefix: "",
    delimiter: "",
    afterKey: "",
    afterUploadId: "",
    limit: 1,
  });
  expect(page.uploads).toEqual([]);
});

test("a part number must be an integer between 1 and 10000", async () => {
  await using uploads = await openUploads();
  const id = await uploads.begin("key");
  for (const number of ["0", "10001", "-1", "1.5", "x", "", "99999999999"]) {
    const target = `/box/key?uploadId=${id}&partNumber=${number}`;
    const error = await uploads.fail(uploads.run(uploadPart, { target, body: "x" }));
    expect([error.code, error.message]).toEqual([
      "InvalidArgument",
      "Part number must be an integer between 1 and 10000, inclusive",
    ]);
  }
  await uploads.part("key", id, 10_000, "x");
});

test("a part of more than 5 GiB is refused before its body", async () => {
  await using uploads = await openUploads();
  const id = await uploads.begin("key");
  const sent = uploads.part("key", id, 1, "", {
    length: 5 * 2 ** 30 + 1,
    body: (async function* () {
      yield* [] as Uint8Array[];
      throw new Error("the body was read");
    })(),
  });
  expect((await uploads.fail(sent)).code).toBe("EntityTooLarge");
});

test("a part whose body breaks its promises leaves the part that was there", async () => {
  await using uploads = await openUploads();
  const id = await uploads.begin("key");
  const good = await uploads.part("key", id, 1, "good");
  const wrong = Buffer.from(md5("other"), "hex").toString("base64");
  const bad: [S3ErrorCode, Parameters<Uploads["part"]>[4]][] = [
    ["BadDigest", { headers: { "content-md5": wrong } }],
    ["BadDigest", { headers: { "x-amz-checksum-crc32": "AAAAAA==" } }],
    ["IncompleteBody", { length: 9 }],
  ];
  for (const [code, extra] of bad) {
    expect((await uploads.fail(uploads.part("key", id, 1, "bad", extra))).code).toBe(code);
  }
  await uploads.complete("key", id, [good]);
  expect((await uploads.read("key"))?.toString()).toBe("good");
});

test("an id is good for its own bucket and key only, and any text is borne", async () => {
  await using uploads = await openUploads();
  const { id, parts } = await twoParts(uploads);
  const strangers = ["", "x", `${id}x`, "x".repeat(5000), "../..", "a\0b", "ü", "' OR 1=1 --", "%00"];
  for (const [key, other] of [["other", id], ...strangers.map((text) => ["key", text])] as const) {
    const codes = await Promise.all([
      uploads.fail(uploads.part(key, other, 1, "x")),
      uploads.fail(uploads.complete(key, other, parts)),
      uploads.fail(uploads.abort(key, other)),
      uploads.fail(uploads.run(listParts, { target: `/box/${key}?uploadId=${encodeURIComponent(other)}` })),
    ]);
    expect(codes.map((error) => [error.code, error.status])).toEqual(Array(4).fill(["NoSuchUpload", 404]));
  }
  const elsewhere = uploads.run(uploadPart, { target: `/other/key?uploadId=${id}&partNumber=1`, body: "x" });
  expect((await uploads.fail(elsewhere)).code).toBe("NoSuchUpload");
  await uploads.complete("key", id, parts);
});

test("AbortMultipartUpload ends the upload and leaves the object", async () => {
  await using uploads = await openUploads();
  await uploads.run(putObject, { target: "/box/key", body: "there" });
  const { id, parts } = await twoParts(uploads);
  const answer = await uploads.abort("key", id);
  expect([answer.status, answer.bytes.length]).toEqual([204, 0]);
  expect((await uploads.fail(uploads.abort("key", id))).code).toBe("NoSuchUpload");
  expect((await uploads.fail(uploads.complete("key", id, parts))).code).toBe("NoSuchUpload");
  expect((await uploads.fail(uploads.part("key", id, 3, "x"))).code).toBe("NoSuchUpload");
  expect((await uploads.read("key"))?.toString()).toBe("there");
});

/** An encryption step that can be told from none in everything that the operations have to pass on. */
function marked(): Sse {
  const seal = (text: string) => [...text].reverse().join("");
  return {
    ...plainSse(),
    forNewUpload: async (_request, given) => ({
      metadata: { ...given, "X-Minio-Internal-Test": "sealed" },
      replyHeaders: { "x-amz-server-side-encryption": "AES256" },
    }),
    forPart: async (_request, _upload, number) => ({
      ...PLAIN_SEALING,
      replyHeaders: { "x-part": String(number) },
      etag: (bytes) => ({
        stored: seal(PLAIN_SEALING.etag(bytes).stored),
        shown: PLAIN_SEALING.etag(bytes).shown,
      }),
      sealChecksum: seal,
    }),
    forUpload: async () => ({
      ...PLAIN_PARTS,
      replyHeaders: { "x-upload": "1" },
      shown: seal,
      openChecksum: seal,
      finished: (etags) => {
        const { shown } = PLAIN_PARTS.finished(etags.map(seal));
        return { stored: seal(shown), shown };
      },
      finishedMetadata: (size) => ({ "X-Minio-Internal-actual-size": String(size) }),
      sealChecksum: seal,
    }),
  };
}

test("ETags, checksums, metadata and headers of the encryption step are passed on", async () => {
  await using uploads = await openUploads();
  const sse = marked();
  const headers = { "x-amz-checksum-algorithm": "SHA256" };
  const begun = await uploads.run(createMultipartUpload, { target: "/box/key?uploads", headers, sse });
  expect(begun.headers["x-amz-server-side-encryption"]).toBe("AES256");
  const id = fields(begun, "InitiateMultipartUploadResult", "UploadId")["UploadId"] ?? "";
  const sent = await uploads.run(uploadPart, {
    target: `/box/key?partNumber=3&uploadId=${id}`,
    body: LAST,
    sse,
  });
  expect(sent.headers).toMatchObject({ "ETag": `"${md5(LAST)}"`, "x-part": "3" });
  // Gaps are for uploads without a composite checksum.
  const part = await uploads.part("key", id, 1, LAST, { sse });
  const done = await uploads.complete("key", id, [part], { sse });
  expect(done.headers["x-upload"]).toBe("1");
  expect(done.text).toContain(finishedEtag([LAST]));

  const record = await uploads.store.head("box", "key");
  const reversed = (text: string | undefined) => [...text ?? ""].reverse().join("");
  expect(record?.metadata).toMatchObject({
    "X-Minio-Internal-Test": "sealed",
    "X-Minio-Internal-actual-size": "1000",
  });
  expect(reversed(record?.etag)).toBe(finishedEtag([LAST]));
  expect(done.text).toContain(`<ChecksumSHA256>${reversed(record?.checksum?.value)}</ChecksumSHA256>`);
  expect(await uploads.complete("key", id, [part], { sse })).toEqual(done);
});
