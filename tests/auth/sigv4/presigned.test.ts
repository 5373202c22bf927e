import { describe, expect, test } from "bun:test";
import { failure, fakeRequest } from "../fake-request.ts";
import { answers, authenticate, byQuery, MINUTE, NOW } from "../signed.ts";

describe("a presigned URL", () => {
  test("is the user's, with x-amz headers that it signs", () => {
    const given = byQuery({ headers: { "host": "localhost", "x-amz-acl": "private" } });
    expect(given.kind).toBe("presigned");
    expect(given.identity).toEqual({ kind: "user", accessKey: "AKEY" });
  });

  test.each<[string, Parameters<typeof byQuery>, string]>([
    ["as old as it may be", [{ time: NOW - 60_000 }], "presigned"],
    ["a moment older", [{ time: NOW - 62_000 }], "403 AccessDenied"],
    ["seven days long", [{}, { expires: 604800 }], "presigned"],
    ["a second long", [{}, { expires: 1 }], "presigned"],
    ["longer than seven days", [{}, { expires: 604801 }], "400 AuthorizationQueryParametersError"],
    ["of no length", [{}, { expires: 0 }], "400 AuthorizationQueryParametersError"],
    ["of negative length", [{}, { expires: -1 }], "400 AuthorizationQueryParametersError"],
    ["of a length that is no number", [{}, { expires: "1e3" }], "400 AuthorizationQueryParametersError"],
    ["of endless length", [{}, { expires: "9".repeat(400) }], "400 AuthorizationQueryParametersError"],
    ["from 14 minutes ahead", [{ time: NOW + 14 * MINUTE }], "presigned"],
    ["from 16 minutes ahead", [{ time: NOW + 16 * MINUTE }], "403 AccessDenied"],
    ["for another region", [{ region: "us-east-1" }], "400 AuthorizationQueryParametersError"],
    [
      "for us-east-1, asking for the region",
      [{ region: "us-east-1", path: "/box", query: "location" }],
      "presigned",
    ],
    ["of an unknown access key", [{ accessKey: "OTHER" }], "403 InvalidAccessKeyId"],
    ["with another secret key", [{ secretKey: "another" }], "403 SignatureDoesNotMatch"],
    [
      "with another life",
      [{}, { after: (query) => query.replace("Expires=60", "Expires=61") }],
      "403 SignatureDoesNotMatch",
    ],
    [
      "with a parameter more",
      [{}, { after: (query) => `${query}&versionId=null` }],
      "403 SignatureDoesNotMatch",
    ],
    [
      "with another algorithm",
      [{}, { after: (query) => query.replace("HMAC-SHA256", "HMAC-SHA1") }],
      "400 AuthorizationQueryParametersError",
    ],
    [
      "that does not sign host",
      [{ headers: {} }, { headers: { host: "localhost" } }],
      "400 AuthorizationQueryParametersError",
    ],
    ["with an unsigned x-amz header", [{}, { headers: { "x-amz-acl": "private" } }], "403 AccessDenied"],
    ["with an unsigned x-amz-content-sha256 of what it signs", [{}, {
      headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    }], "presigned"],
    ["with an unsigned x-amz-content-sha256 of something else", [{}, {
      headers: { "x-amz-content-sha256": "0".repeat(64) },
    }], "403 SignatureDoesNotMatch"],
    ["with unsigned chunks that it does not sign", [{}, {
      headers: { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" },
    }], "403 SignatureDoesNotMatch"],
    [
      "with an Authorization header",
      [{}, { headers: { authorization: "AWS4-HMAC-SHA256 x" } }],
      "400 InvalidArgument",
    ],
    [
      "with a signature of version 2 too",
      [{}, { after: (query) => `${query}&AWSAccessKeyId=AKEY` }],
      "400 InvalidArgument",
    ],
  ])("%s: %s", async (_what, given, expected) => {
    expect(expected === "presigned" ? byQuery(...given).kind : await answers(() => byQuery(...given))).toBe(
      expected,
    );
  });

  const PARAMETERS = ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"];

  test.each(PARAMETERS)("without X-Amz-%s is refused", async (name) => {
    const after = (query: string) => query.replace(new RegExp(`(^|&)X-Amz-${name}=[^&]*`), "");
    expect(await answers(() => byQuery({}, { after }))).toBe("400 AuthorizationQueryParametersError");
  });

  test.each(PARAMETERS)("with X-Amz-%s twice is refused", async (name) => {
    const after = (query: string) => `${query}&${new RegExp(`X-Amz-${name}=[^&]*`).exec(query)?.[0]}`;
    expect(await answers(() => byQuery({}, { after }))).toBe("400 InvalidArgument");
  });

  test("of the past says since when", async () => {
    const error = await failure(() => byQuery({ time: NOW - 3600_000 }));
    expect(error.message).toBe("Request has expired");
    expect(error.fields).toEqual({
      "X-Amz-Expires": "60",
      Expires: "2026-03-04T04:07:07.000Z",
      ServerTime: "2026-03-04T05:06:07.000Z",
    });
  });

  test("of Signature Version 2 is refused in the words that clients know", async () => {
    const target = "/box/key?AWSAccessKeyId=AKEY&Expires=1&Signature=x";
    const error = await failure(() => authenticate(fakeRequest({ target, headers: { host: "h" } }).request));
    expect(error.code).toBe("InvalidRequest");
    expect(error.message).toBe(
      "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    );
  });
});
