import { describe, expect, test } from "bun:test";
import { S3Error } from "../../src/errors/s3-error.ts";
import { RequestHeaders } from "../../src/http/headers.ts";
import { QueryParameters } from "../../src/http/query.ts";
import type { S3Request } from "../../src/http/request.ts";
import { OPERATIONS } from "../../src/s3/operations/table.ts";
import { createRouter } from "../../src/s3/route.ts";
import { UNBUILT_SUBRESOURCES } from "../../src/s3/unbuilt.ts";

const route = createRouter(OPERATIONS);

function ask(method: string, target: string, headers: Record<string, string> = {}): string {
  const [path = "", query = ""] = target.split("?");
  const [bucket = "", ...rest] = path.slice(1).split("/");
  const request = {
    method,
    bucket,
    key: rest.join("/"),
    query: QueryParameters.parse(query),
    headers: new RequestHeaders(Object.entries(headers).flat()),
  } as unknown as S3Request;
  try {
    return route(request).name;
  } catch (thrown) {
    return thrown instanceof S3Error ? thrown.code : String(thrown);
  }
}

const copy = { "x-amz-copy-source": "/b/k" };
const CASES: readonly [string, string, string, Record<string, string>?][] = [
  ["GET", "/", "ListBuckets"],
  ["PUT", "/b", "CreateBucket"],
  ["HEAD", "/b", "HeadBucket"],
  ["DELETE", "/b", "DeleteBucket"],
  ["GET", "/b?location", "GetBucketLocation"],
  ["GET", "/b?location=", "GetBucketLocation"],
  ["GET", "/b", "ListObjects"],
  ["GET", "/b?prefix=&delimiter=/", "ListObjects"],
  ["GET", "/b?list-type=2", "ListObjectsV2"],
  ["GET", "/b?uploads", "ListMultipartUploads"],
  ["GET", "/b?policy", "GetBucketPolicy"],
  ["PUT", "/b?policy", "PutBucketPolicy"],
  ["DELETE", "/b?policy", "DeleteBucketPolicy"],
  ["GET", "/b?policyStatus", "GetBucketPolicyStatus"],
  ["POST", "/b?delete", "DeleteObjects"],
  ["POST", "/b", "PostObject", { "content-type": "multipart/form-data; boundary=x" }],
  ["PUT", "/b/k", "PutObject"],
  ["PUT", "/b/k?x-id=PutObject", "PutObject"],
  ["PUT", "/b/k", "CopyObject", copy],
  ["PUT", "/b/k?partNumber=1&uploadId=u", "UploadPart"],
  ["PUT", "/b/k?partNumber=1&uploadId=u", "UploadPartCopy", copy],
  ["GET", "/b/k", "GetObject"],
  ["GET", "/b/k?partNumber=1", "GetObject"],
  ["GET", "/b/k?response-content-type=text/plain", "GetObject"],
  ["GET", "/b/k?cachebuster=1", "GetObject"],
  ["HEAD", "/b/k", "HeadObject"],
  ["DELETE", "/b/k", "DeleteObject"],
  ["GET", "/b/k?attributes", "GetObjectAttributes"],
  ["POST", "/b/k?uploads", "CreateMultipartUpload"],
  ["POST", "/b/k?uploadId=u", "CompleteMultipartUpload"],
  ["DELETE", "/b/k?uploadId=u", "AbortMultipartUpload"],
  ["GET", "/b/k?uploadId=u", "ListParts"],
  ["DELETE", "/b?encryption", "DeleteBucketEncryption"],
  ["DELETE", "/b?lifecycle", "NotImplemented"],
  ["GET", "/b?acl&policy", "MethodNotAllowed"],
  ["DELETE", "/b?wibble", "NotImplemented"],
  ["DELETE", "/b?wibble=1", "InvalidArgument"],
  ["PUT", "/b/k?tagging=", "NotImplemented"],
  ["DELETE", "/b/k?tagging", "NotImplemented"],
  ["DELETE", "/b?location", "MethodNotAllowed"],
  ["DELETE", "/b/k?attributes", "MethodNotAllowed"],
  ["PUT", "/b/k?uploadId=u", "MethodNotAllowed"],
  ["POST", "/b/k", "MethodNotAllowed"],
  ["PATCH", "/b/k", "MethodNotAllowed"],
  ["POST", "/", "MethodNotAllowed"],
];

describe("the router", () => {
  for (const [method, target, answer, headers] of CASES) {
    test(`${method} ${target}${headers ? ` with ${Object.keys(headers)[0]}` : ""} is ${answer}`, () => {
      expect(ask(method, target, headers)).toBe(answer);
    });
  }

  test("answers NotImplemented to every unbuilt sub-resource under every method", () => {
    const built = new Set(
      OPERATIONS.flatMap((row) => (row.selectors ?? []).map((name) => `${row.level} ${name}`)),
    );
    for (const level of ["bucket", "object"] as const) {
      for (const name of UNBUILT_SUBRESOURCES[level]) {
        if (built.has(`${level} ${name}`)) continue;
        for (const method of ["GET", "HEAD", "PUT", "POST", "DELETE"]) {
          const path = level === "bucket" ? "/b" : "/b/k";
          expect([method, name, ask(method, `${path}?${name}`)]).toEqual([method, name, "NotImplemented"]);
          expect([method, name, ask(method, `${path}?${name}=x`)]).toEqual([method, name, "NotImplemented"]);
        }
      }
    }
  });

  test("every operation can be reached by exactly one row", () => {
    const names = OPERATIONS.map((row) => row.name);
    expect(new Set(names).size).toBe(names.length);
  });
});
