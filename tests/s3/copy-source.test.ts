import { expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { S3Error } from "../../src/errors/s3-error.ts";
import { RequestHeaders } from "../../src/http/headers.ts";
import { percentEncode, percentEncodePath } from "../../src/http/percent.ts";
import { copySource } from "../../src/s3/copy-source.ts";

const read = (value: string) => copySource(new RequestHeaders(["x-amz-copy-source", value]));

function code(value: string): string {
  try {
    read(value);
  } catch (thrown) {
    if (thrown instanceof S3Error) return thrown.code;
    throw thrown;
  }
  return "none";
}

test("the leading slash is optional", () => {
  expect(read("/box/a/b")).toEqual({ bucket: "box", key: "a/b" });
  expect(read("box/a/b")).toEqual({ bucket: "box", key: "a/b" });
  expect(read("/box//a")).toEqual({ bucket: "box", key: "/a" });
});

test("escapes are decoded, also that of the slash between bucket and key, and + is a space", () => {
  expect(read("box/%C3%A4%2Bb+c%3F")).toEqual({ bucket: "box", key: "ä+b c?" });
  expect(read("box%2Fa%2Fb")).toEqual({ bucket: "box", key: "a/b" });
});

test("raw UTF-8 bytes are taken as they are", () => {
  expect(read(Buffer.from("box/ä€😀").toString("latin1"))).toEqual({ bucket: "box", key: "ä€😀" });
});

test("the null version is the object itself, any other does not exist", () => {
  expect(read("/box/a?versionId=null")).toEqual({ bucket: "box", key: "a" });
  expect(code("/box/a?versionId=7")).toBe("NoSuchVersion");
  expect(code("/box/a?versionId=")).toBe("InvalidArgument");
  expect(read("/box/a%3FversionId=7")).toEqual({ bucket: "box", key: "a?versionId=7" });
});

test("what names no object is InvalidArgument", () => {
  for (const text of ["", "/", "box", "/box", "box/", "/box/", "box/%", "box/%4", "box/%zz", "box/%ff"]) {
    expect(code(text)).toBe("InvalidArgument");
  }
  expect(code("//a")).toBe("InvalidBucketName");
  expect(code("Box/a")).toBe("InvalidBucketName");
  expect(code(`box/${"a".repeat(1025)}`)).toBe("KeyTooLongError");
});

test("every key comes through both ways of encoding it", () => {
  const key = fc.string({ unit: "binary", minLength: 1, maxLength: 200 });
  fc.assert(fc.property(key, (key) => {
    expect(read(`/box/${percentEncodePath(key)}`)).toEqual({ bucket: "box", key });
    expect(read(percentEncode(`box/${key}`))).toEqual({ bucket: "box", key });
  }));
});
