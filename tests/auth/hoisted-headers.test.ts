import { describe, expect, test } from "bun:test";
import { withHoistedHeaders } from "../../src/auth/hoisted-headers.ts";
import { RequestHeaders } from "../../src/http/headers.ts";
import { QueryParameters } from "../../src/http/query.ts";
import type { S3Request } from "../../src/http/request.ts";

function request(query: string, headers: Record<string, string> = {}): S3Request {
  return {
    query: QueryParameters.parse(query),
    headers: new RequestHeaders(Object.entries(headers).flat()),
  } as unknown as S3Request;
}

describe("headers in the query of a presigned URL", () => {
  test("act as headers, their text as UTF-8 bytes", () => {
    const { headers } = withHoistedHeaders(
      request("x-amz-meta-a=%C3%A9&x-amz-server-side-encryption=AES256"),
    );
    expect([headers.get("x-amz-meta-a"), headers.get("x-amz-server-side-encryption")]).toEqual([
      "Ã©",
      "AES256",
    ]);
  });

  test("do not stand above those that the request sends", () => {
    expect(withHoistedHeaders(request("x-amz-meta-a=1", { "x-amz-meta-a": "2" })).headers.get("x-amz-meta-a"))
      .toBe("2");
  });

  test("leave out the signature's own names and checksums of a body that was not there yet", () => {
    const plain = request(
      "X-Amz-Date=1&X-Amz-Signature=2&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32",
    );
    expect(withHoistedHeaders(plain)).toBe(plain);
  });

  test("cannot end a header", () => {
    expect(() => withHoistedHeaders(request("x-amz-meta-a=1%0D%0Ab%3A2"))).toThrow("a header cannot carry");
  });
});
