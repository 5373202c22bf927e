import { Buffer } from "node:buffer";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { continuationToken, nameInToken } from "../../../src/s3/listing/token.ts";
import { failure } from "../failure.ts";

describe("A continuation token", () => {
  test("carries any key or common prefix", () => {
    const key = fc.string({ unit: "binary", minLength: 1, maxLength: 256 });
    fc.assert(fc.property(key, (key) => {
      expect(nameInToken(continuationToken(key))).toBe(key);
    }));
  });

  test("can stand in a URL and in XML without escapes", () => {
    expect(continuationToken("a/ÿþ?>😀")).toMatch(/^[\w-]+$/);
  });

  test("has a version in front, so that an old one is known", () => {
    expect(Buffer.from(continuationToken("key"), "base64url")).toEqual(Buffer.from("\x01key"));
  });

  test("is none when none is sent", () => {
    expect(nameInToken(undefined)).toBeUndefined();
  });

  test("that is empty, of another version, cut, not base64 or not UTF-8 is refused", async () => {
    const base64url = (bytes: number[]) => Buffer.from(bytes).toString("base64url");
    const tokens = [
      "",
      "key",
      base64url([1]),
      base64url([2, 0x61]),
      base64url([1, 0xff]),
      base64url([1, 0x61, 0x62]) + "=",
      `${continuationToken("key")}!`,
      continuationToken("k".repeat(1025)),
      continuationToken("\u{1F600}").slice(0, -2),
    ];
    for (const token of tokens) {
      const error = await failure(() => nameInToken(token));
      expect(error.code).toBe("InvalidArgument");
      expect(error.message).toBe("The continuation token provided is incorrect");
    }
  });

  test("of any text is a name or InvalidArgument", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (token) => {
      try {
        expect(nameInToken(token)).not.toBe("");
      } catch (thrown) {
        if (!(thrown instanceof S3Error) || thrown.code !== "InvalidArgument") throw thrown;
      }
    }));
  });
});
