import { expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { nativeAead } from "../../../src/crypto/aead-native.ts";
import { randomBytes } from "../../../src/crypto/random.ts";
import { Secret } from "../../../src/crypto/secret.ts";
import { masterKeyKms } from "../../../src/kms/master-key.ts";
import { beginHash } from "../../../src/digest/hashes.ts";
import { copyObject } from "../../../src/s3/operations/copy-object.ts";
import { createMultipartUpload } from "../../../src/s3/operations/create-multipart-upload.ts";
import { getObject } from "../../../src/s3/operations/get-object.ts";
import { headObject } from "../../../src/s3/operations/head-object.ts";
import { listParts } from "../../../src/s3/operations/list-parts.ts";
import { putObject } from "../../../src/s3/operations/put-object.ts";
import { uploadPartCopy } from "../../../src/s3/operations/upload-part-copy.ts";
import { uploadPart } from "../../../src/s3/operations/upload-part.ts";
import { childrenOf, childText, parseXml } from "../../../src/xml/xml-parser.ts";
import { createSse } from "../../../src/sse/create.ts";
import type { Sse } from "../../../src/sse/sse.ts";
import { storeKeyDigests } from "../../../src/sse/digests.ts";
import { type Extra, fields, finishedEtag, FIRST, LAST, md5, openUploads } from "../upload-fixture.ts";

const WHOLE = Buffer.concat([FIRST, LAST]);

function encryption(): Sse {
  return createSse({
    kms: masterKeyKms({ keyId: "test-key", key: new Secret(randomBytes(32)) }),
    aead: nativeAead,
    digests: storeKeyDigests(new Secret(randomBytes(32))),
    encryptsByDefault: async () => false,
  });
}

function customerHeaders(seed: number, prefix = "x-amz-"): Record<string, string> {
  const key = Buffer.alloc(32, seed);
  const name = `${prefix}server-side-encryption-customer`;
  return {
    [`${name}-algorithm`]: "AES256",
    [`${name}-key`]: key.toString("base64"),
    [`${name}-key-md5`]: createHash("md5").update(key).digest("base64"),
  };
}

/** The ways to encrypt an upload: headers of its beginning, and of every later request. */
const KINDS = [
  { name: "SSE-S3", begin: { "x-amz-server-side-encryption": "AES256" }, later: {} },
  { name: "SSE-C", begin: customerHeaders(1), later: customerHeaders(1) },
] as const;

for (const { name, begin, later } of KINDS) {
  const scene = (sse: Sse, headers: Record<string, string> = {}): Extra => ({
    sse,
    secure: true,
    headers: { ...later, ...headers },
  });

  test(`an object of parts under ${name} is read back whole and by ranges across its parts`, async () => {
    await using uploads = await openUploads();
    const sse = encryption();
    const id = await uploads.begin("key", { sse, secure: true, headers: begin });
    // Parts out of order, with a gap between their numbers.
    const last = await uploads.part("key", id, 7, LAST, scene(sse));
    const first = await uploads.part("key", id, 2, FIRST, scene(sse));
    await uploads.complete("key", id, [first, last], scene(sse));

    const read = async (headers: Record<string, string> = {}) => {
      const got = await uploads.run(getObject, { target: "/box/key", ...scene(sse, headers) });
      return Buffer.from(got.bytes);
    };
    expect((await read()).equals(WHOLE)).toBe(true);
    for (const [from, to] of [[0, 0], [FIRST.length - 1, FIRST.length], [65_535, 65_536], [100, 5_242_900]]) {
      if (from === undefined || to === undefined) throw new Error("a range has two ends");
      expect((await read({ range: `bytes=${from}-${to}` })).equals(WHOLE.subarray(from, to + 1))).toBe(true);
    }
    const head = await uploads.run(headObject, { target: "/box/key", ...scene(sse) });
    expect(head.headers["Content-Length"]).toBe(String(WHOLE.length));
  });

  test(`nothing of the plaintext of parts under ${name} rests in the store`, async () => {
    await using uploads = await openUploads();
    const sse = encryption();
    const marker = Buffer.from("a marker that nobody may find on the disk");
    const id = await uploads.begin("key", { sse, secure: true, headers: begin });
    const part = await uploads.part("key", id, 1, marker, scene(sse));
    await uploads.complete("key", id, [part], scene(sse));
    const handle = await uploads.store.open("box", "key");
    if (handle === undefined) throw new Error("the object was made");
    const chunks: Uint8Array[] = [];
    for await (const chunk of handle.read(0, handle.record.storedSize)) chunks.push(chunk);
    const { record } = handle;
    handle.close();
    expect(Buffer.concat(chunks).includes(marker.subarray(0, 8))).toBe(false);
    expect(JSON.stringify(record)).not.toContain(md5(marker));
    expect([record.size, record.storedSize > record.size]).toEqual([marker.length, true]);
  });

  test(`ListParts under ${name} tells plaintext sizes, and the ETags that the completion takes`, async () => {
    await using uploads = await openUploads();
    const sse = encryption();
    const id = await uploads.begin("key", { sse, secure: true, headers: begin });
    const sent = [
      await uploads.part("key", id, 1, FIRST, scene(sse)),
      await uploads.part("key", id, 2, LAST, scene(sse)),
    ];
    const listed = await uploads.run(listParts, { target: `/box/key?uploadId=${id}`, ...scene(sse) });
    const parts = childrenOf(parseXml(listed.bytes, "ListPartsResult"), "Part");
    expect(parts.map((part) => childText(part, "Size"))).toEqual([FIRST.length, LAST.length].map(String));
    expect(parts.map((part) => childText(part, "ETag"))).toEqual(sent.map(({ etag }) => etag));
    await uploads.complete("key", id, sent, scene(sse));
  });

  test(`a full-object checksum under ${name} is that of the plaintext`, async () => {
    await using uploads = await openUploads();
    const sse = encryption();
    const hash = beginHash("crc64nvme");
    hash.update(WHOLE);
    const value = Buffer.from(hash.digest()).toString("base64");
    const headers = { ...begin, "x-amz-checksum-algorithm": "CRC64NVME" };
    const id = await uploads.begin("key", { sse, secure: true, headers });
    const parts = [
      await uploads.part("key", id, 1, FIRST, scene(sse)),
      await uploads.part("key", id, 2, LAST, scene(sse)),
    ];
    const wrong = scene(sse, { "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=" });
    expect((await uploads.fail(uploads.complete("key", id, parts, wrong))).code).toBe("BadDigest");
    const right = scene(sse, { "x-amz-checksum-crc64nvme": value });
    const done = await uploads.complete("key", id, parts, right);
    expect(fields(done, "CompleteMultipartUploadResult", "ChecksumCRC64NVME", "ChecksumType"))
      .toEqual({ ChecksumCRC64NVME: value, ChecksumType: "FULL_OBJECT" });
    const record = await uploads.store.head("box", "key");
    expect(JSON.stringify(record)).not.toContain(value);
    const mode = scene(sse, { "x-amz-checksum-mode": "ENABLED" });
    const head = await uploads.run(headObject, { target: "/box/key", ...mode });
    expect(head.headers["x-amz-checksum-crc64nvme"]).toBe(value);
  });

  test(`the same completion again under ${name} has the same answer`, async () => {
    await using uploads = await openUploads();
    const sse = encryption();
    const id = await uploads.begin("key", { sse, secure: true, headers: begin });
    const parts = [await uploads.part("key", id, 1, LAST, scene(sse))];
    const first = await uploads.complete("key", id, parts, scene(sse));
    expect(await uploads.complete("key", id, parts, scene(sse))).toEqual(first);
  });

  test(`the same completion under ${name} after its metadata was replaced finds no upload`, async () => {
    await using uploads = await openUploads();
    const sse = encryption();
    const id = await uploads.begin("key", { sse, secure: true, headers: begin });
    const parts = [await uploads.part("key", id, 1, LAST, scene(sse))];
    const first = await uploads.complete("key", id, parts, scene(sse));
    const ontoItself = {
      "x-amz-copy-source": "/box/key",
      ...begin,
      ...(name === "SSE-C" ? customerHeaders(1, "x-amz-copy-source-") : {}),
    };
    const copy = { target: "/box/key", sse, secure: true };
    await uploads.run(copyObject, { ...copy, headers: ontoItself });
    expect(await uploads.complete("key", id, parts, scene(sse))).toEqual(first);
    const replace = { "x-amz-metadata-directive": "REPLACE", "content-type": "a/b" };
    await uploads.run(copyObject, { ...copy, headers: { ...ontoItself, ...replace } });
    const { code } = await uploads.fail(uploads.complete("key", id, parts, scene(sse)));
    expect(code).toBe("NoSuchUpload");
  });

  test(`a range of a source under ${name} becomes a part that is not encrypted, and the other way round`, async () => {
    await using uploads = await openUploads();
    const sse = encryption();
    const copy = async (key: string, id: string, from: string, headers: Record<string, string>) => {
      const answer = await uploads.run(uploadPartCopy, {
        target: `/box/${key}?partNumber=1&uploadId=${id}`,
        sse,
        secure: true,
        headers: {
          "x-amz-copy-source": `/box/${from}`,
          "x-amz-copy-source-range": "bytes=70000-200000",
          ...headers,
        },
      });
      return { number: 1, etag: fields(answer, "CopyPartResult", "ETag")["ETag"] ?? "" };
    };
    const bytes = FIRST.subarray(70_000, 200_001);
    await uploads.run(putObject, { target: "/box/sealed", body: FIRST, sse, secure: true, headers: begin });
    const plainId = await uploads.begin("plain", { sse });
    const source = name === "SSE-C" ? customerHeaders(1, "x-amz-copy-source-") : {};
    const plain = await copy("plain", plainId, "sealed", source);
    expect(plain.etag).toBe(`"${md5(bytes)}"`);
    await uploads.complete("plain", plainId, [plain], { sse });
    expect((await uploads.read("plain"))?.equals(bytes)).toBe(true);

    await uploads.run(putObject, { target: "/box/open", body: FIRST, sse });
    const id = await uploads.begin("key", { sse, secure: true, headers: begin });
    await uploads.complete("key", id, [await copy("key", id, "open", later)], scene(sse));
    const got = await uploads.run(getObject, { target: "/box/key", ...scene(sse) });
    expect(Buffer.from(got.bytes).equals(bytes)).toBe(true);
  });
}

test("the ETag under SSE-S3 is that of the plaintext, and under SSE-C tells nothing of it", async () => {
  await using uploads = await openUploads();
  for (const { name, begin, later } of KINDS) {
    const sse = encryption();
    const id = await uploads.begin("key", { sse, secure: true, headers: begin });
    const part = await uploads.part("key", id, 1, LAST, { sse, secure: true, headers: later });
    const done = await uploads.complete("key", id, [part], { sse, secure: true, headers: later });
    const etag = fields(done, "CompleteMultipartUploadResult", "ETag")["ETag"];
    expect([name, part.etag === `"${md5(LAST)}"`]).toEqual([name, name === "SSE-S3"]);
    expect([name, etag === `"${finishedEtag([LAST])}"`]).toEqual([name, name === "SSE-S3"]);
    expect(etag).toMatch(/^"[0-9a-f]{32}-1"$/);
  }
});

test("a part under SSE-C needs the key that the upload was begun with", async () => {
  await using uploads = await openUploads();
  const sse = encryption();
  const headers = customerHeaders(1);
  const id = await uploads.begin("key", { sse, secure: true, headers });
  for (const bad of [{}, customerHeaders(2)]) {
    const sent = uploads.part("key", id, 1, LAST, { sse, secure: true, headers: bad });
    expect((await uploads.fail(sent)).code).toBe("InvalidRequest");
  }
  const list = await uploads.run(listParts, { target: `/box/key?uploadId=${id}`, sse, secure: true });
  expect(childrenOf(parseXml(list.bytes, "ListPartsResult"), "Part")).toEqual([]);
});

test("an upload under SSE-C is completed without the key, and read with it alone", async () => {
  await using uploads = await openUploads();
  const sse = encryption();
  const headers = customerHeaders(1);
  const id = await uploads.begin("key", { sse, secure: true, headers });
  const part = await uploads.part("key", id, 1, LAST, { sse, secure: true, headers });
  const done = await uploads.complete("key", id, [part], { sse, secure: true });
  expect(await uploads.complete("key", id, [part], { sse, secure: true })).toEqual(done);
  const read = (sent: Record<string, string>) =>
    uploads.run(getObject, { target: "/box/key", sse, secure: true, headers: sent });
  expect((await uploads.fail(read({}))).status).toBe(400);
  expect((await uploads.fail(read(customerHeaders(2)))).code).toBe("AccessDenied");
  expect(Buffer.from((await read(headers)).bytes).equals(LAST)).toBe(true);
});

test("CreateMultipartUpload, UploadPart and CompleteMultipartUpload tell how the object is encrypted", async () => {
  await using uploads = await openUploads();
  const expected = [
    { "x-amz-server-side-encryption": "AES256" },
    {
      "x-amz-server-side-encryption-customer-algorithm": "AES256",
      "x-amz-server-side-encryption-customer-key-md5":
        customerHeaders(1)["x-amz-server-side-encryption-customer-key-md5"] ?? "",
    },
  ];
  for (const [i, { begin, later }] of KINDS.entries()) {
    const scene = { sse: encryption(), secure: true, headers: later };
    const begun = await uploads.run(createMultipartUpload, {
      ...scene,
      target: "/box/key?uploads",
      headers: begin,
    });
    const id = fields(begun, "InitiateMultipartUploadResult", "UploadId")["UploadId"] ?? "";
    const target = `/box/key?partNumber=1&uploadId=${id}`;
    const sent = await uploads.run(uploadPart, { ...scene, target, body: LAST });
    const done = await uploads.complete("key", id, [{ number: 1, etag: sent.headers["ETag"] ?? "" }], scene);
    for (const { headers } of [begun, sent, done]) {
      const told = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
        .filter(([name]) => name.startsWith("x-amz-server-side-encryption"));
      expect<unknown>(Object.fromEntries(told)).toEqual(expected[i]);
    }
  }
});
