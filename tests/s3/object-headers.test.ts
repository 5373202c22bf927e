import { expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { S3Error } from "../../src/errors/s3-error.ts";
import { RequestHeaders } from "../../src/http/headers.ts";
import {
  copiedMetadata,
  headersFromMetadata,
  headerText,
  metadataFromHeaders,
  storageClass,
} from "../../src/s3/object-headers.ts";

const read = (values: Readonly<Record<string, string>>) =>
  metadataFromHeaders(new RequestHeaders(Object.entries(values).flat()));

function failure(act: () => unknown): S3Error {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof S3Error) return thrown;
    throw thrown;
  }
  throw new Error("it was expected to fail");
}

test("system headers are kept in lower case, user metadata under its canonical name", () => {
  expect(read({
    "Content-Type": "text/plain",
    "CACHE-CONTROL": "no-cache",
    "Content-Disposition": "inline",
    "Content-Encoding": "gzip",
    "Content-Language": "de",
    "Expires": "soon",
    "x-amz-meta-mixed-CASE-2nd": "Value",
    "Host": "localhost",
    "X-Amz-Date": "20240101T000000Z",
  })).toEqual({
    "content-type": "text/plain",
    "cache-control": "no-cache",
    "content-disposition": "inline",
    "content-encoding": "gzip",
    "content-language": "de",
    "expires": "soon",
    "X-Amz-Meta-Mixed-Case-2nd": "Value",
  });
});

test("an object without a type is a stream of bytes", () => {
  expect(read({})).toEqual({ "content-type": "application/octet-stream" });
  expect(read({ "content-type": "" })).toEqual({ "content-type": "application/octet-stream" });
});

test("aws-chunked is the way of the request, not the encoding of the object", () => {
  expect(read({ "content-encoding": "aws-chunked" })["content-encoding"]).toBeUndefined();
  expect(read({ "content-encoding": "aws-chunked, gzip" })["content-encoding"]).toBe("gzip");
  expect(read({ "content-encoding": "gzip,AWS-Chunked,br" })["content-encoding"]).toBe("gzip,br");
  expect(read({ "content-encoding": "gzip, aws-chunked, br" })["content-encoding"]).toBe("gzip, br");
  expect(read({ "content-encoding": "gzip, br" })["content-encoding"]).toBe("gzip, br");
});

test("the standard storage class needs no record, an unknown one is refused", () => {
  expect(storageClass(read({ "x-amz-storage-class": "STANDARD" }))).toBe("STANDARD");
  expect(headersFromMetadata(read({ "x-amz-storage-class": "STANDARD" }))).not.toHaveProperty(
    "x-amz-storage-class",
  );
  expect(storageClass(read({ "x-amz-storage-class": "REDUCED_REDUNDANCY" }))).toBe("REDUCED_REDUNDANCY");
  for (const name of ["GLACIER", "standard", ""]) {
    expect(failure(() => read({ "x-amz-storage-class": name })).code).toBe("InvalidStorageClass");
  }
});

test("values of one name that came in several headers are joined", () => {
  const headers = new RequestHeaders(["x-amz-meta-a", "1", "X-Amz-Meta-A", "2"]);
  expect(metadataFromHeaders(headers)["X-Amz-Meta-A"]).toBe("1,2");
});

test("user metadata of 2 KiB is accepted, one byte more is not", () => {
  expect(read({ "x-amz-meta-ab": "x".repeat(2046) })["X-Amz-Meta-Ab"]).toHaveLength(2046);
  const error = failure(() => read({ "x-amz-meta-ab": "x".repeat(2000), "x-amz-meta-c": "y".repeat(46) }));
  expect(error.code).toBe("MetadataTooLarge");
  expect(error.fields).toEqual({ Size: "2049", MaxSizeAllowed: "2048" });
});

test("internal keys cannot be set from outside", () => {
  for (const name of ["X-Minio-Internal-actual-size", "x-minio-internal-Server-Side-Encryption-Iv"]) {
    const error = failure(() => read({ [name]: "" }));
    expect(error.code).toBe("InvalidArgument");
    expect(error.message).toBe("Your metadata headers are not supported.");
  }
});

test("headers of features that are not there are refused, canned ACLs are taken and have no effect", () => {
  for (
    const name of [
      "x-amz-tagging",
      "x-amz-object-lock-mode",
      "x-amz-object-lock-legal-hold",
      "x-amz-grant-read",
      "x-amz-write-offset-bytes",
    ]
  ) expect(failure(() => read({ [name]: "x" })).code).toBe("NotImplemented");
  expect(read({ "x-amz-acl": "public-read" })).toEqual(read({}));
  expect(failure(() => read({ "x-amz-acl": "everything" })).code).toBe("InvalidArgument");
});

test("names that every object of JavaScript has are names like any other", () => {
  expect(read({ "constructor": "x", "__proto__": "y", "x-amz-meta-constructor": "z" })).toEqual({
    "content-type": "application/octet-stream",
    "X-Amz-Meta-Constructor": "z",
  });
});

test("an answer shows what was sent and never an internal key", () => {
  expect(headersFromMetadata({
    "content-type": "text/plain",
    "X-Amz-Meta-A": "1",
    "X-Minio-Internal-actual-size": "5",
    "x-minio-internal-server-side-encryption-iv": "secret",
    "X-Minio-Internal-Server-Side-Encryption-Sealed-Key": "secret",
    "etag": "x",
    "unknown": "x",
  })).toEqual({ "Content-Type": "text/plain", "x-amz-meta-a": "1" });
});

test("metadata that was never in a header is not made one, nor copied", () => {
  const odd: Record<string, string>[] = [
    { "content-type": "text/plain\r\nSet-Cookie: a=b" },
    { "content-type": "text/plain\n" },
    { "cache-control": "\0" },
    { "X-Amz-Meta-A": "\u2028" },
    { "X-Amz-Meta-A: b\r\nSet-Cookie": "a=b" },
    { "X-Amz-Meta- ": "a" },
  ];
  for (const metadata of odd) {
    expect(failure(() => headersFromMetadata(metadata)).code).toBe("XMinioObjectTampered");
    expect(failure(() => copiedMetadata(metadata, {})).code).toBe("XMinioObjectTampered");
  }
});

test("metadata comes back byte for byte", () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((bytes) =>
    Buffer.from(bytes.map((byte) => byte < 0x21 || byte === 0x7f ? 0x21 : byte)).toString("latin1")
  );
  const name = fc.stringMatching(/^[a-z0-9_.!-]{1,20}$/);
  fc.assert(fc.property(name, bytes, bytes, (name, value, type) => {
    const answered = headersFromMetadata(read({ [`X-Amz-Meta-${name}`]: value, "Content-Type": type }));
    expect(answered[`x-amz-meta-${name}`]).toBe(value);
    expect(answered["Content-Type"]).toBe(type === "" ? "application/octet-stream" : type);
  }));
});

test("a copy takes the source's metadata but internal keys, storage class and redirect", () => {
  expect(copiedMetadata({
    "content-type": "text/plain",
    "X-Amz-Meta-A": "1",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    "x-amz-website-redirect-location": "/old",
    "X-Minio-Internal-actual-size": "5",
  }, { "content-type": "ignored", "X-Amz-Meta-B": "ignored", "x-amz-website-redirect-location": "/new" }))
    .toEqual({
      "content-type": "text/plain",
      "X-Amz-Meta-A": "1",
      "x-amz-website-redirect-location": "/new",
    });
});

test("text becomes a header as its UTF-8 bytes, and no text ends the header", () => {
  expect(headerText("x", "plain\ttext")).toBe("plain\ttext");
  expect(Buffer.from(headerText("x", "ä€😀"), "latin1").toString("utf8")).toBe("ä€😀");
  for (const text of ["a\r\nSet-Cookie: b", "a\nb", "a\0", "\x7f"]) {
    expect(failure(() => headerText("x", text)).code).toBe("InvalidArgument");
  }
});
