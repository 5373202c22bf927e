import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { expect, test } from "bun:test";
import fc from "fast-check";
import { createDigester } from "../../src/digest/digester.ts";
import { S3Error } from "../../src/errors/s3-error.ts";
import { RequestHeaders } from "../../src/http/headers.ts";
import {
  checksumAlgorithm,
  checksumElement,
  checksumHeader,
  checksumPlan,
  combineFullObject,
  compositeChecksum,
  digestName,
  isChecksum,
  requestChecksum,
} from "../../src/s3/checksums.ts";
import type { ChecksumAlgorithm } from "../../src/store/store.ts";

const headers = (fields: Record<string, string>) => new RequestHeaders(Object.entries(fields).flat());

function refusal(run: () => unknown): { code: string; message: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof S3Error) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("nothing was thrown");
}

async function checksum(algorithm: ChecksumAlgorithm, bytes: Uint8Array): Promise<string> {
  const digester = createDigester([digestName(algorithm)], bytes.length);
  await digester.update(bytes);
  return Buffer.from((await digester.finish()).get(digestName(algorithm)) ?? []).toString("base64");
}

test("names of headers, elements and digests follow from the algorithm", () => {
  expect(checksumHeader("CRC64NVME")).toBe("x-amz-checksum-crc64nvme");
  expect(checksumElement("CRC32C")).toBe("ChecksumCRC32C");
  expect(digestName("SHA1")).toBe("sha1");
});

test("a request without checksum headers has no checksum", () => {
  expect(requestChecksum(headers({ "content-md5": "x" }), [])).toBeUndefined();
});

test("a value in a header is expected", () => {
  expect(requestChecksum(headers({ "X-Amz-Checksum-Crc32": "y/Q5Jg==" }), []))
    .toEqual({ algorithm: "CRC32", expected: "y/Q5Jg==" });
});

test("an announced trailer brings the value", () => {
  expect(
    requestChecksum(headers({ "x-amz-sdk-checksum-algorithm": "CRC64NVME" }), ["x-amz-checksum-crc64nvme"]),
  ).toEqual({ algorithm: "CRC64NVME", trailer: "x-amz-checksum-crc64nvme" });
});

test("x-amz-sdk-checksum-algorithm alone says what to compute", () => {
  expect(requestChecksum(headers({ "x-amz-sdk-checksum-algorithm": "sha256" }), []))
    .toEqual({ algorithm: "SHA256" });
});

test.each([
  ["too short", "y/Q5"],
  ["too long", "y/Q5JgAA"],
  ["not base64", "y/Q5J!=="],
  ["without padding", "y/Q5Jg"],
  ["with stray bits", "y/Q5Jh=="],
  ["URL-safe base64", "y_Q5Jg=="],
  ["sent twice", "y/Q5Jg==,y/Q5Jg=="],
  ["empty", ""],
])("a value that is %s is refused", (_, value) => {
  expect(refusal(() => requestChecksum(headers({ "x-amz-checksum-crc32": value }), []))).toEqual({
    code: "InvalidRequest",
    message: "Value for x-amz-checksum-crc32 header is invalid.",
  });
});

test("two checksums are refused, also when one of them is a trailer", () => {
  const two = { "x-amz-checksum-crc32": "y/Q5Jg==", "x-amz-checksum-crc32c": "4waSgw==" };
  const message = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
  expect(refusal(() => requestChecksum(headers(two), []))).toEqual({ code: "InvalidRequest", message });
  expect(
    refusal(() => requestChecksum(headers({ "x-amz-checksum-crc32": "y/Q5Jg==" }), ["x-amz-checksum-crc32"])),
  ).toEqual({ code: "InvalidRequest", message });
});

test("a checksum that is not verified and a trailer that is not kept are refused", () => {
  for (const name of ["x-amz-checksum-sha512", "x-amz-checksum-"]) {
    expect(refusal(() => requestChecksum(headers({ [name]: "y/Q5Jg==" }), [])).code).toBe("InvalidRequest");
  }
  for (const trailer of ["x-amz-checksum-sha512", "x-amz-checksum-type", "x-amz-meta-a", "content-md5"]) {
    expect(refusal(() => requestChecksum(headers({}), ["x-amz-checksum-crc32", trailer]))).toEqual({
      code: "InvalidRequest",
      message: "The value specified in the x-amz-trailer header is not supported",
    });
  }
  const about = { "x-amz-checksum-type": "COMPOSITE", "x-amz-checksum-algorithm": "SHA1" };
  expect(requestChecksum(headers({ ...about, "x-amz-checksum-mode": "ENABLED" }), [])).toBeUndefined();
});

test("x-amz-sdk-checksum-algorithm must be known and match the checksum", () => {
  const message = "Value for x-amz-sdk-checksum-algorithm header is invalid.";
  expect(refusal(() => requestChecksum(headers({ "x-amz-sdk-checksum-algorithm": "MD4" }), [])).message)
    .toBe(message);
  const mismatch = { "x-amz-sdk-checksum-algorithm": "SHA1", "x-amz-checksum-crc32": "y/Q5Jg==" };
  expect(refusal(() => requestChecksum(headers(mismatch), [])).message).toBe(message);
});

test("x-amz-checksum-algorithm names one of five", () => {
  expect(checksumAlgorithm(headers({}))).toBeUndefined();
  expect(checksumAlgorithm(headers({ "x-amz-checksum-algorithm": "CRC32C" }))).toBe("CRC32C");
  expect(refusal(() => checksumAlgorithm(headers({ "x-amz-checksum-algorithm": "constructor" }))).code)
    .toBe("InvalidRequest");
});

test.each(
  [
    ["CRC32", undefined, "COMPOSITE"],
    ["CRC32C", "FULL_OBJECT", "FULL_OBJECT"],
    ["CRC64NVME", undefined, "FULL_OBJECT"],
    ["SHA256", undefined, "COMPOSITE"],
    ["SHA1", "composite", "COMPOSITE"],
  ] as const,
)("an upload with %s of type %p has checksums of type %s", (algorithm, type, chosen) => {
  const fields = { "x-amz-checksum-algorithm": algorithm, ...type && { "x-amz-checksum-type": type } };
  expect(checksumPlan(headers(fields))).toEqual({ algorithm, type: chosen });
});

test.each([
  [
    "SHA256",
    "FULL_OBJECT",
    "The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm.",
  ],
  [
    "CRC64NVME",
    "COMPOSITE",
    "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.",
  ],
  ["CRC32", "HALF", "Value for x-amz-checksum-type header is invalid."],
])("an upload with %s of type %s is refused", (algorithm, type, message) => {
  const fields = { "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": type };
  expect(refusal(() => checksumPlan(headers(fields)))).toEqual({ code: "InvalidRequest", message });
});

test("a type without an algorithm is refused", () => {
  expect(refusal(() => checksumPlan(headers({ "x-amz-checksum-type": "COMPOSITE" }))).code)
    .toBe("InvalidRequest");
  expect(checksumPlan(headers({}))).toBeUndefined();
});

test("a composite checksum is the checksum of the parts' checksums and their number", () => {
  const parts = ["one", "two"].map((text) => createHash("sha256").update(text).digest());
  const whole = createHash("sha256").update(Buffer.concat(parts)).digest("base64");
  expect(compositeChecksum("SHA256", parts.map((part) => part.toString("base64")))).toBe(`${whole}-2`);
});

test.each(["CRC32", "CRC32C", "CRC64NVME"] as const)(
  "%s of parts combine to the checksum of the whole object",
  async (algorithm) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 }), async (parts) => {
        const combined = combineFullObject(
          algorithm,
          await Promise.all(
            parts.map(async (part) => ({ value: await checksum(algorithm, part), size: part.length })),
          ),
        );
        expect(combined).toBe(await checksum(algorithm, Buffer.concat(parts)));
      }),
    );
  },
);

test("CRCs of parts with large and equal sizes combine", async () => {
  const part = new Uint8Array(1_000_003).map((_, i) => i * 31);
  const value = await checksum("CRC64NVME", part);
  const parts = [value, value, value].map((value) => ({ value, size: part.length }));
  expect(combineFullObject("CRC64NVME", parts))
    .toBe(await checksum("CRC64NVME", Buffer.concat([part, part, part])));
});

test("part sizes beyond 32 bits shift the CRC by their true length", async () => {
  // x^(8n) repeats with period 2^32 - 1 in n for the primitive polynomial of CRC-32, so n and n + 2^32 - 1 agree.
  const value = await checksum("CRC32", Buffer.from("a"));
  const tail = (size: number) =>
    combineFullObject("CRC32", [{ value, size: 1 }, { value: "AAAAAA==", size }]);
  expect(tail(1000 + 2 ** 32 - 1)).toBe(tail(1000));
  expect(tail(1001)).not.toBe(tail(1000));
});

test("a SHA-256 of parts cannot be combined", () => {
  expect(() => combineFullObject("SHA256", [])).toThrow(TypeError);
});

test("only canonical base64 of the right length is a checksum", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    const text = Buffer.from(bytes).toString("base64");
    expect(isChecksum("SHA1", text)).toBe(bytes.length === 20);
    expect(isChecksum("CRC64NVME", text)).toBe(bytes.length === 8);
  }));
});
