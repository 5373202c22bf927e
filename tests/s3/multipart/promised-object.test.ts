import { expect, test } from "bun:test";
import { RequestHeaders } from "../../../src/http/headers.ts";
import {
  checkChecksum,
  checkPlan,
  checkSize,
  promisedObject,
} from "../../../src/s3/multipart/promised-object.ts";
import { failure } from "../failure.ts";

const promise = (headers: Record<string, string>) =>
  promisedObject(new RequestHeaders(Object.entries(headers).flat()));

test("a request without such headers promises nothing, and everything holds", () => {
  const nothing = promise({ "content-type": "application/xml", "x-amz-checksum-algorithm": "CRC32" });
  expect(nothing).toEqual({ size: undefined, checksumType: undefined, checksums: new Map() });
  checkSize(nothing, 5);
  checkPlan(nothing, undefined);
  checkPlan(nothing, { algorithm: "SHA1", type: "COMPOSITE" });
  checkChecksum(nothing, { algorithm: "SHA1", type: "COMPOSITE" }, "x=-1");
});

test("a size is a number of bytes", async () => {
  expect(promise({ "x-amz-mp-object-size": "0" }).size).toBe(0);
  expect(promise({ "x-amz-mp-object-size": "5497558138880" }).size).toBe(5 * 2 ** 40);
  for (const text of ["", "-1", "1.5", "1e3", "0x10", "1,1", "9".repeat(16)]) {
    expect((await failure(() => promise({ "x-amz-mp-object-size": text }))).code).toBe("InvalidRequest");
  }
  checkSize(promise({ "x-amz-mp-object-size": "5" }), 5);
  expect((await failure(() => checkSize(promise({ "x-amz-mp-object-size": "5" }), 6))).message)
    .toBe("The provided 'x-amz-mp-object-size' header value 5 does not match what was computed: 6");
});

test("type and algorithm must be those of the upload", async () => {
  const plan = { algorithm: "CRC32", type: "FULL_OBJECT" } as const;
  checkPlan(promise({ "x-amz-checksum-type": "full_object", "x-amz-checksum-crc32": "x" }), plan);
  const refusals = [
    [{ "x-amz-checksum-type": "COMPOSITE" }, plan],
    [{ "x-amz-checksum-type": "" }, plan],
    [{ "x-amz-checksum-type": "FULL_OBJECT" }, undefined],
    [{ "x-amz-checksum-sha1": "x" }, plan],
    [{ "x-amz-checksum-crc32": "x", "x-amz-checksum-sha1": "x" }, plan],
    [{ "x-amz-checksum-crc32": "x" }, undefined],
  ] as const;
  for (const [headers, upload] of refusals) {
    expect((await failure(() => checkPlan(promise(headers), upload))).code).toBe("InvalidRequest");
  }
});

test("a value is compared whole, or without the number of parts", async () => {
  const plan = { algorithm: "SHA1", type: "COMPOSITE" } as const;
  const check = (value: string) => checkChecksum(promise({ "x-amz-checksum-sha1": value }), plan, "ab=-12");
  check("ab=-12");
  check("ab=");
  for (const value of ["ab=-1", "ab=-", "ab", "", "-12"]) {
    expect((await failure(() => check(value))).code).toBe("BadDigest");
  }
});
