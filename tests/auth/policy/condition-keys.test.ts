import { describe, expect, test } from "bun:test";
import { conditionValues, isConditionKey } from "../../../src/auth/policy/condition-keys.ts";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { ROOT, type Sketch, sketchRequest } from "./request.ts";

const values = (sketch: Sketch, key: string) => conditionValues(sketchRequest(sketch))(key);

describe("the condition key", () => {
  test.each<[string, Sketch, readonly string[]]>([
    ["aws:sourceip", { address: "2001:db8::1" }, ["2001:db8::1"]],
    ["aws:securetransport", {}, ["false"]],
    ["aws:securetransport", { secure: true }, ["true"]],
    ["aws:referer", { headers: { Referer: "http://a/" } }, ["http://a/"]],
    ["aws:referer", {}, []],
    ["aws:useragent", { headers: { "User-Agent": "mc" } }, ["mc"]],
    ["aws:currenttime", {}, ["2026-03-04T05:06:07.000Z"]],
    ["aws:epochtime", {}, ["1772600767"]],
    ["aws:username", {}, []],
    ["aws:username", { identity: ROOT }, ["minioadmin"]],
    ["aws:userid", {}, ["anonymous"]],
    ["aws:principaltype", {}, ["Anonymous"]],
    ["aws:principaltype", { identity: ROOT }, ["Account"]],
    ["s3:prefix", { query: "prefix=a%2Fb" }, ["a/b"]],
    ["s3:prefix", { query: "prefix=" }, [""]],
    ["s3:prefix", {}, []],
    ["s3:delimiter", { query: "delimiter=%2F" }, ["/"]],
    ["s3:max-keys", { query: "max-keys=7" }, ["7"]],
    ["s3:versionid", { query: "versionId=null" }, ["null"]],
    ["s3:authtype", {}, []],
    ["s3:authtype", { identity: ROOT }, ["REST-HEADER"]],
    ["s3:authtype", { identity: ROOT, kind: "presigned" }, ["REST-QUERY-STRING"]],
    ["s3:authtype", { identity: ROOT, kind: "form" }, ["POST"]],
    ["s3:signatureversion", { identity: ROOT }, ["AWS4-HMAC-SHA256"]],
    ["s3:signatureversion", {}, []],
    ["s3:signatureage", { identity: ROOT, kind: "presigned" }, ["1000"]],
    ["s3:signatureage", {}, []],
    ["s3:tlsversion", {}, []],
    ["s3:if-none-match", { headers: { "If-None-Match": "*" } }, ["*"]],
    ["s3:x-amz-acl", { headers: { "x-amz-acl": "public-read" } }, ["public-read"]],
    ["s3:x-amz-server-side-encryption", { headers: { "x-amz-server-side-encryption": "AES256" } }, [
      "AES256",
    ]],
    ["s3:x-amz-content-sha256", { query: "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD" }, ["UNSIGNED-PAYLOAD"]],
    ...[
      ["/a/b%2Fc%20d?versionId=1", "a/b/c d"],
      ["a/b%3Fc", "a/b?c"],
      ["a/b?c", "a/b?c"],
      ["a/b+c", "a/b c"],
      ["a/\u00c3\u00a4", "a/ä"],
      ["a%2Fb", "a/b"],
    ].map(([sent = "", source = ""]): [string, Sketch, readonly string[]] => [
      "s3:x-amz-copy-source",
      { headers: { "x-amz-copy-source": sent } },
      [source],
    ]),
    ["s3:locationconstraint", {}, []],
    ["s3:unheard-of", {}, []],
  ])("%s of %j is %j", (key, sketch, expected) => {
    expect(values(sketch, key)).toEqual(expected);
  });

  test("is known or not", () => {
    expect(isConditionKey("s3:x-amz-metadata-directive")).toBe(true);
    expect(isConditionKey("aws:sourcevpc")).toBe(false);
  });

  test("tells of a request that is broken", () => {
    expect(() => values({ query: "prefix=a&prefix=b" }, "s3:prefix")).toThrow(S3Error);
    expect(() => values({ headers: { "x-amz-copy-source": "a/%zz" } }, "s3:x-amz-copy-source")).toThrow(
      S3Error,
    );
  });
});
