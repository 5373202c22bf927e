import { expect, test } from "bun:test";
import { RequestHeaders } from "../../../src/http/headers.ts";
import { formHeaders } from "../../../src/s3/post/form-headers.ts";
import { failure } from "../failure.ts";

const own = new RequestHeaders([
  "Content-Type",
  "multipart/form-data; boundary=x",
  "x-amz-meta-own",
  "1",
  "x-amz-server-side-encryption",
  "AES256",
  "Referer",
  "http://a/",
  "User-Agent",
  "browser",
]);

function headersOf(fields: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const headers = formHeaders(own, new Map(Object.entries(fields)));
  return Object.fromEntries([...headers.names()].map((name) => [name, headers.get(name)]));
}

test("of the request's own headers only those count that say who asks", () => {
  expect(headersOf({})).toEqual({ "referer": "http://a/", "user-agent": "browser" });
});

test("fields act as the headers that they are named after", () => {
  expect(headersOf({
    "key": "k",
    "policy": "p",
    "content-type": "text/plain",
    "expires": "soon",
    "acl": "private",
    "x-amz-meta-colour": "grün",
    "x-amz-server-side-encryption": "AES256",
    "x-amz-checksum-crc32": "AAAAAA==",
    "x-amz-credential": "c",
    "x-amz-signature": "s",
    "referer": "http://forged/",
    "host": "forged",
  })).toEqual({
    "referer": "http://a/",
    "user-agent": "browser",
    "content-type": "text/plain",
    "expires": "soon",
    "x-amz-acl": "private",
    "x-amz-meta-colour": "gr\u00c3\u00bcn",
    "x-amz-server-side-encryption": "AES256",
    "x-amz-checksum-crc32": "AAAAAA==",
  });
});

test("a value that no header can carry is refused", async () => {
  expect((await failure(() => headersOf({ "x-amz-meta-a": "1\r\nSet-Cookie: x" }))).code).toBe(
    "InvalidArgument",
  );
});
