import { describe, expect, test } from "bun:test";
import { fakeRequest } from "../fake-request.ts";
import { answers, authenticate, type Headers, without } from "../signed.ts";

describe("a form", () => {
  const DATE = "20260304T050607Z";
  const FIELDS = {
    "policy": "e30=",
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": "AKEY/20260304/eu-west-1/s3/aws4_request",
    "x-amz-date": DATE,
    "x-amz-signature": "0".repeat(64),
  };
  const form = authenticate(
    fakeRequest({
      method: "POST",
      target: "/box",
      headers: { "host": "h", "content-type": "multipart/form-data; boundary=x" },
    }).request,
  );
  const verify = (fields: Headers) => {
    if (form.kind !== "form") throw new Error(form.kind);
    return form.verifyForm(new Map(Object.entries(fields)));
  };

  test("without policy and signature is anonymous", () => {
    expect(verify({ key: "a" })).toEqual({ kind: "anonymous" });
  });

  test.each(Object.keys(FIELDS))("without %s is refused", async (name) => {
    expect(await answers(() => verify(without(name)(FIELDS)))).toBe("400 InvalidArgument");
  });

  test.each<[string, Headers, string]>([
    ["another algorithm", { "x-amz-algorithm": "AWS4-HMAC-SHA1" }, "400 InvalidArgument"],
    [
      "another region",
      { "x-amz-credential": "AKEY/20260304/us-east-1/s3/aws4_request" },
      "400 InvalidArgument",
    ],
    ["a broken credential", { "x-amz-credential": "AKEY" }, "400 InvalidArgument"],
    ["another day", { "x-amz-date": "20260305T050607Z" }, "400 InvalidArgument"],
    ["a broken date", { "x-amz-date": "20260304" }, "400 InvalidArgument"],
    [
      "an unknown access key",
      { "x-amz-credential": "X/20260304/eu-west-1/s3/aws4_request" },
      "403 InvalidAccessKeyId",
    ],
    ["a wrong signature", {}, "403 SignatureDoesNotMatch"],
  ])("with %s is refused", async (_what, changes, expected) => {
    expect(await answers(() => verify({ ...FIELDS, ...changes }))).toBe(expected);
  });

  test("of Signature Version 2 is refused", async () => {
    expect(await answers(() => verify({ policy: "e30=", awsaccesskeyid: "AKEY", signature: "x" }))).toBe(
      "400 InvalidRequest",
    );
  });
});
