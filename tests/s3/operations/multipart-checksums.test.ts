import { expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { beginHash } from "../../../src/digest/hashes.ts";
import { checksumElement, checksumHeader, digestName } from "../../../src/s3/checksums.ts";
import { getObject } from "../../../src/s3/operations/get-object.ts";
import { headObject } from "../../../src/s3/operations/head-object.ts";
import { uploadPart } from "../../../src/s3/operations/upload-part.ts";
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, type ChecksumType } from "../../../src/store/store.ts";
import { bytesOf, fields, MIB, type Named, openUploads, type Uploads } from "../upload-fixture.ts";

/** Of two large sizes and a small one, so that no part can stand for another. */
const BODIES = [bytesOf(5 * MIB, 1), bytesOf(5 * MIB + 7, 2), bytesOf(3, 3)];
const WHOLE = Buffer.concat(BODIES);

const PLANS: [ChecksumAlgorithm, ChecksumType][] = [
  ["CRC32", "COMPOSITE"],
  ["CRC32", "FULL_OBJECT"],
  ["CRC32C", "COMPOSITE"],
  ["CRC32C", "FULL_OBJECT"],
  ["CRC64NVME", "FULL_OBJECT"],
  ["SHA1", "COMPOSITE"],
  ["SHA256", "COMPOSITE"],
];

function digest(algorithm: ChecksumAlgorithm, bytes: Uint8Array): Buffer {
  const hash = beginHash(digestName(algorithm));
  hash.update(bytes);
  return Buffer.from(hash.digest());
}

const checksumOf = (algorithm: ChecksumAlgorithm, bytes: Uint8Array) =>
  digest(algorithm, bytes).toString("base64");

/** What S3 says of the whole. */
function expected(algorithm: ChecksumAlgorithm, type: ChecksumType): string {
  if (type === "FULL_OBJECT") return checksumOf(algorithm, WHOLE);
  const values = Buffer.concat(BODIES.map((body) => digest(algorithm, body)));
  return `${checksumOf(algorithm, values)}-${BODIES.length}`;
}

function begin(uploads: Uploads, algorithm: ChecksumAlgorithm, type: ChecksumType): Promise<string> {
  return uploads.begin("key", {
    headers: { "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": type },
  });
}

/** Uploads all parts, each named with its checksum; those of odd number are sent without it. */
function sendParts(uploads: Uploads, id: string, algorithm: ChecksumAlgorithm): Promise<Named[]> {
  return Promise.all(BODIES.map(async (body, i) => {
    const value = checksumOf(algorithm, body);
    const headers: Record<string, string> = i % 2 === 0 ? {} : { [checksumHeader(algorithm)]: value };
    const part = await uploads.part("key", id, i + 1, body, { headers });
    return { ...part, [checksumElement(algorithm)]: value };
  }));
}

for (const [algorithm, type] of PLANS) {
  test(`${algorithm} of type ${type} is that of the bytes`, async () => {
    await using uploads = await openUploads();
    const id = await begin(uploads, algorithm, type);
    const parts = await sendParts(uploads, id, algorithm);
    const value = expected(algorithm, type);
    const header = checksumHeader(algorithm);
    const done = await uploads.complete("key", id, parts, {
      headers: { [header]: value, "x-amz-checksum-type": type },
    });
    const element = checksumElement(algorithm);
    expect(fields(done, "CompleteMultipartUploadResult", element, "ChecksumType"))
      .toEqual({ [element]: value, ChecksumType: type });

    const mode = { "x-amz-checksum-mode": "ENABLED" };
    const head = await uploads.run(headObject, { target: "/box/key", headers: mode });
    expect(head.headers).toMatchObject({ [header]: value, "x-amz-checksum-type": type });
    for (const [i, body] of BODIES.entries()) {
      const got = await uploads.run(getObject, { target: `/box/key?partNumber=${i + 1}`, headers: mode });
      expect(got.headers[header]).toBe(checksumOf(algorithm, body));
    }
    expect(await uploads.read("key")).toEqual(WHOLE);
  });

  test(`a wrong ${algorithm} of type ${type} is refused and the upload stays`, async () => {
    await using uploads = await openUploads();
    const id = await begin(uploads, algorithm, type);
    const parts = await sendParts(uploads, id, algorithm);
    const wrong = checksumOf(algorithm, Buffer.from("something else"));
    const header = checksumHeader(algorithm);
    const attempt = async (named: readonly Named[], headers: Record<string, string>) => {
      const error = await uploads.fail(uploads.complete("key", id, named, { headers }));
      return error.code;
    };
    for (const value of [wrong, `${wrong}-3`, `${expected(algorithm, type)}0`, "", "bad"]) {
      expect(await attempt(parts, { [header]: value })).toBe("BadDigest");
    }
    const other = type === "COMPOSITE" ? "FULL_OBJECT" : "COMPOSITE";
    expect(await attempt(parts, { "x-amz-checksum-type": other })).toBe("InvalidRequest");
    const stranger = algorithm === "SHA1" ? "SHA256" : "SHA1";
    expect(await attempt(parts, { [checksumHeader(stranger)]: checksumOf(stranger, WHOLE) }))
      .toBe("InvalidRequest");
    const badPart = parts.map((part, i) => i === 1 ? { ...part, [checksumElement(algorithm)]: wrong } : part);
    expect(await attempt(badPart, {})).toBe("InvalidPart");
    const strangePart = parts.map((part) => ({ ...part, [checksumElement(stranger)]: wrong }));
    expect(await attempt(strangePart, {})).toBe("InvalidPart");
    expect(await uploads.read("key")).toBeUndefined();
    await uploads.complete("key", id, parts);
  });
}

test("every algorithm is among the tests", () => {
  expect(new Set(PLANS.map(([algorithm]) => algorithm))).toEqual(new Set(CHECKSUM_ALGORITHMS));
});

test("a composite checksum may be sent without the number of parts, and parts without theirs", async () => {
  await using uploads = await openUploads();
  const id = await begin(uploads, "SHA256", "COMPOSITE");
  const parts = (await sendParts(uploads, id, "SHA256")).map(({ number, etag }) => ({ number, etag }));
  const [value = ""] = expected("SHA256", "COMPOSITE").split("-");
  const done = await uploads.complete("key", id, parts, { headers: { "x-amz-checksum-sha256": value } });
  expect(done.text).toContain(`<ChecksumSHA256>${value}-3</ChecksumSHA256>`);
});

test("parts under a composite checksum are numbered without gaps, under a full one as they like", async () => {
  await using uploads = await openUploads();
  const upload = async (type: ChecksumType, numbers: readonly number[]) => {
    const id = await begin(uploads, "CRC32C", type);
    const parts: Named[] = [];
    for (const [i, number] of numbers.entries()) {
      parts.push(await uploads.part("key", id, number, BODIES[i] ?? ""));
    }
    return await uploads.complete("key", id, parts);
  };
  expect((await uploads.fail(upload("COMPOSITE", [1, 3]))).code).toBe("InvalidPartOrder");
  expect((await uploads.fail(upload("COMPOSITE", [2]))).code).toBe("InvalidPartOrder");
  const done = await upload("FULL_OBJECT", [2, 3, 10_000]);
  expect(done.text).toContain(`<ChecksumCRC32C>${checksumOf("CRC32C", WHOLE)}</ChecksumCRC32C>`);
});

test("UploadPart answers with the checksum that the upload wants, sent or not, and refuses another", async () => {
  await using uploads = await openUploads();
  const id = await begin(uploads, "CRC32", "COMPOSITE");
  const body = BODIES[2] ?? Buffer.alloc(0);
  const send = (headers: Record<string, string>) =>
    uploads.run(uploadPart, { target: `/box/key?partNumber=1&uploadId=${id}`, body, headers });
  const value = checksumOf("CRC32", body);
  expect((await send({})).headers["x-amz-checksum-crc32"]).toBe(value);
  expect((await send({ "x-amz-checksum-crc32": value })).headers["x-amz-checksum-crc32"]).toBe(value);
  const error = await uploads.fail(send({ "x-amz-checksum-sha1": checksumOf("SHA1", body) }));
  expect([error.code, error.message]).toEqual([
    "InvalidRequest",
    "Checksum Type mismatch occurred, expected checksum Type: crc32, actual checksum Type: sha1",
  ]);
});

test("a checksum that comes as trailer is verified and kept", async () => {
  await using uploads = await openUploads();
  const id = await begin(uploads, "CRC32", "FULL_OBJECT");
  const body = BODIES[2] ?? Buffer.alloc(0);
  const trailers = (value: string) => ({ trailers: { "x-amz-checksum-crc32": value } });
  const bad = uploads.part("key", id, 1, body, trailers("AAAAAA=="));
  expect((await uploads.fail(bad)).code).toBe("BadDigest");
  const part = await uploads.part("key", id, 1, body, trailers(checksumOf("CRC32", body)));
  const done = await uploads.complete("key", id, [part]);
  expect(done.text).toContain(`<ChecksumCRC32>${checksumOf("CRC32", body)}</ChecksumCRC32>`);
});

test("an upload without checksum verifies those of its parts and keeps none", async () => {
  await using uploads = await openUploads();
  const id = await uploads.begin("key");
  const body = BODIES[2] ?? Buffer.alloc(0);
  const crc = { "x-amz-checksum-crc32": checksumOf("CRC32", body) };
  const sha = { "x-amz-checksum-sha256": checksumOf("SHA256", WHOLE) };
  expect((await uploads.fail(uploads.part("key", id, 1, body, { headers: sha }))).code).toBe("BadDigest");
  const part = await uploads.part("key", id, 1, body, { headers: crc });
  for (const headers of [sha, crc, { "x-amz-checksum-type": "FULL_OBJECT" }]) {
    const error = await uploads.fail(uploads.complete("key", id, [part], { headers }));
    expect(error.code).toBe("InvalidRequest");
  }
  const done = await uploads.complete("key", id, [{ ...part, ChecksumCRC32: crc["x-amz-checksum-crc32"] }]);
  expect(done.text).not.toContain("Checksum");
  const record = await uploads.store.head("box", "key");
  expect([record?.checksum, record?.parts[0]?.checksum]).toEqual([undefined, undefined]);
});

test("the same completion again tells the same checksum", async () => {
  await using uploads = await openUploads();
  const id = await begin(uploads, "SHA1", "COMPOSITE");
  const parts = await sendParts(uploads, id, "SHA1");
  const headers = { "x-amz-checksum-sha1": expected("SHA1", "COMPOSITE") };
  const done = await uploads.complete("key", id, parts, { headers });
  expect(await uploads.complete("key", id, parts, { headers })).toEqual(done);
  const other = { "x-amz-checksum-sha1": checksumOf("SHA1", WHOLE) };
  expect((await uploads.fail(uploads.complete("key", id, parts, { headers: other }))).code).toBe(
    "NoSuchUpload",
  );
});
