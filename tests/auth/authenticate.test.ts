import { describe, expect, test } from "bun:test";
import { fakeRequest } from "./fake-request.ts";
import { answers, authenticate, type Headers } from "./signed.ts";

describe("a request without signature", () => {
  const anonymous = (headers: Headers, method = "GET") =>
    authenticate(fakeRequest({ method, target: "/box/key", headers: { host: "h", ...headers } }).request);

  test("is anonymous", () => {
    expect(anonymous({}).kind).toBe("anonymous");
    expect(anonymous({ "x-amz-acl": "private" }).identity).toEqual({ kind: "anonymous" });
  });

  test("cannot have signed chunks, nor trailers in a body that has none", async () => {
    const chunked = { "x-amz-decoded-content-length": "1" };
    for (const kind of ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"]) {
      expect(await answers(() => anonymous({ ...chunked, "x-amz-content-sha256": kind }, "PUT"))).toBe(
        "400 InvalidRequest",
      );
    }
    expect(await answers(() => anonymous({ "x-amz-content-sha256": "STREAMING" }))).toBe(
      "400 InvalidArgument",
    );
    expect(await answers(() => anonymous({ "x-amz-trailer": "x-amz-checksum-crc32" }))).toBe(
      "400 MalformedTrailerError",
    );
  });

  test("is a form when it posts one to a bucket, and only then", () => {
    const type = { "content-type": "Multipart/Form-Data; boundary=x" };
    const kindOf = (method: string, target: string, headers: Headers = type) =>
      authenticate(fakeRequest({ method, target, headers: { host: "h", ...headers } }).request).kind;
    expect(kindOf("POST", "/box")).toBe("form");
    expect(kindOf("POST", "/box/")).toBe("form");
    expect(kindOf("POST", "/box/key")).toBe("anonymous");
    expect(kindOf("POST", "/")).toBe("anonymous");
    expect(kindOf("PUT", "/box")).toBe("anonymous");
    expect(kindOf("POST", "/box", { "content-type": "application/xml" })).toBe("anonymous");
  });
});
