import { describe, expect, test } from "bun:test";
import { redacted } from "../../src/audit/redaction.ts";

const KEY = "MzJieXRlc2xvbmdzZWNyZXRrZXltdXN0cHJvdmlkZWQ=";

describe("no secret is kept", () => {
  test.each([
    ["X-Amz-Server-Side-Encryption-Customer-Key", KEY],
    ["x-amz-copy-source-server-side-encryption-customer-key", KEY],
    ["X-Amz-Security-Token", "token"],
    ["x-amz-security-token", "token"],
    ["X-Amz-Signature", "0a1b"],
    ["Signature", "0a1b"],
    ["Cookie", "session=token"],
    ["Set-Cookie", "session=token"],
    ["Proxy-Authorization", "Basic dG9rZW4="],
    ["Authorization", "Bearer token"],
    ["Authorization", "AWS abc:0a1b"],
    ["X-Backend-Password", "token"],
  ])("of %s: %s", (name, value) => {
    expect(redacted(name, value)).toBe("*REDACTED*");
  });

  test("of a signature, while the access key and what it signed are", () => {
    expect(redacted(
      "Authorization",
      "AWS4-HMAC-SHA256 Credential=anna/20260101/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=0a1b",
    )).toBe(
      "AWS4-HMAC-SHA256 Credential=anna/20260101/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=*REDACTED*",
    );
  });

  test("of a presigned URL that stands in another header", () => {
    expect(
      redacted("Referer", "https://x/b/k?X-Amz-Date=1&X-Amz-Signature=0a1b&X-Amz-Security-Token=t%3D&y=1"),
    )
      .toBe("https://x/b/k?X-Amz-Date=1&X-Amz-Signature=*REDACTED*&X-Amz-Security-Token=*REDACTED*&y=1");
  });
});

test.each([
  ["X-Amz-Server-Side-Encryption-Customer-Key-Md5", "7PpPLAK26ONlVUGOWlusfg=="],
  ["X-Amz-Server-Side-Encryption-Customer-Algorithm", "AES256"],
  ["X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"],
  ["X-Amz-Credential", "anna/20260101/us-east-1/s3/aws4_request"],
  ["X-Amz-Copy-Source", "/bucket/key"],
])("%s is kept", (name, value) => {
  expect(redacted(name, value)).toBe(value);
});
