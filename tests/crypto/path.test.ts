import { expect, test } from "bun:test";
import fc from "fast-check";
import { objectPath } from "../../src/crypto/path.ts";

test.each([
  ["bucket", "object", "bucket/object"],
  ["bucket", "a//b/./c", "bucket/a/b/c"],
  ["bucket", "trailing/", "bucket/trailing"],
  ["bucket", "/leading", "bucket/leading"],
  ["bucket", "", "bucket"],
  ["bucket", ".", "bucket"],
  ["bucket", "/", "bucket"],
  ["bucket", "a/../b", "bucket/b"],
  ["bucket", "..", "."],
  ["bucket", "../..", ".."],
  ["bucket", "../../../x", "../../x"],
  ["bucket", "a/...", "bucket/a/..."],
  ["bucket", "..a/b..", "bucket/..a/b.."],
  ["", "object", "object"],
  ["", "/a/../../b", "/b"],
  ["", "/", "/"],
  ["", "/..", "/"],
  ["", "a/..", "."],
  ["", "", ""],
  ["bucket", 'with "quotes" and ünïcode', 'bucket/with "quotes" and ünïcode'],
])("bucket %p and key %p are bound to path %p", (bucket, key, path) => {
  expect(objectPath(bucket, key)).toBe(path);
});

test("a path is clean: cleaning it again changes nothing", () => {
  const key = fc.array(fc.constantFrom("a", "b", ".", "..", "", "..."), { maxLength: 8 }).map((e) =>
    e.join("/")
  );
  fc.assert(fc.property(fc.constantFrom("bucket", ""), key, (bucket, key) => {
    const path = objectPath(bucket, key);
    expect(objectPath("", path)).toBe(path);
    expect(path === "/" || !path.endsWith("/")).toBe(true);
    expect(path).not.toContain("//");
  }));
});
