import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formatFsJson, type FsJson, parseFsJson } from "../../../src/store/fs/fs-json.ts";
import { JsonFault } from "../../../src/store/json-reader.ts";
import { GOLDEN, HAS_GOLDEN } from "../../golden/data-sets.ts";

const ID = "0123456789abcdef0123456789abcdef";

describe("fs.json", () => {
  test.skipIf(!HAS_GOLDEN)(
    "of every object and upload that MinIO wrote is written to the letter as it did",
    () => {
      const files = readdirSync(GOLDEN, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith("/fs.json"));
      expect(files.length).toBeGreaterThan(50);
      for (const name of files) {
        const text = readFileSync(join(GOLDEN, name), "utf8");
        expect([name, formatFsJson(parseFsJson(text))]).toEqual([name, text]);
      }
    },
  );

  test("escapes what Go's encoder escapes, and sorts by bytes", () => {
    const metadata = {
      "content-type": "a<b>&c",
      "X-Amz-Meta-Z": "\u00e2\u0080\u00a8",
      "X-Amz-Meta-A": '"\\',
    };
    expect(formatFsJson({ metadata, etag: "e", parts: [], own: undefined })).toBe(
      '{"version":"1.0.2","checksum":{"algorithm":"","blocksize":0,"hashes":null},"meta":{' +
        '"X-Amz-Meta-A":"\\"\\\\","X-Amz-Meta-Z":"\\u2028","content-type":"a\\u003cb\\u003e\\u0026c","etag":"e"}}',
    );
  });

  test("keeps header text that is no UTF-8 byte for byte beside the text that MinIO would keep", () => {
    const metadata = {
      "content-type": "a/b",
      "X-Amz-Meta-A": "caf\u00e9",
      "X-Amz-Meta-B": "caf\u00c3\u00a9",
    };
    const text = formatFsJson({ metadata, etag: "e", parts: [], own: { id: ID } });
    expect(text).toContain('"X-Amz-Meta-A":"caf\ufffd","X-Amz-Meta-B":"caf\u00e9"');
    expect(parseFsJson(text).metadata).toEqual(metadata);
  });

  test("gives back everything that it was given", () => {
    const headerText = fc.string({
      unit: fc.integer({ min: 32, max: 255 }).map((n) => String.fromCharCode(n)),
    });
    const names = fc.stringMatching(/^[A-Za-z-]{1,12}$/).map((name) => `X-Amz-Meta-${name}`);
    const count = fc.nat(2 ** 40);
    const part = fc.record({
      number: fc.integer({ min: 1, max: 10_000 }),
      etag: fc.string(),
      size: count,
      actualSize: count,
    });
    fc.assert(
      fc.property(fc.dictionary(names, headerText), fc.string(), fc.array(part), (metadata, etag, parts) => {
        const given: FsJson = {
          metadata,
          etag,
          parts,
          own: { id: ID, uploadId: "u", file: { size: 1, modified: 2, inode: "3" } },
        };
        const { own, ...rest } = parseFsJson(formatFsJson(given));
        expect(rest).toEqual({ metadata, etag, parts });
        expect(own).toEqual(given.own ?? { id: "" });
      }),
    );
  });

  test("of older versions is read", () => {
    expect(parseFsJson('{"version":"1.0.0","meta":{"md5Sum":"abc","content-type":"a/b"},"parts":null}'))
      .toEqual({
        metadata: { "content-type": "a/b" },
        etag: "abc",
        parts: [],
        own: undefined,
      });
    expect(parseFsJson('{"version":"1.0.1","parts":[{"number":2,"name":"x","etag":"e","size":5}]}')).toEqual({
      metadata: {},
      etag: undefined,
      parts: [{ number: 2, etag: "e", size: 5, actualSize: undefined }],
      own: undefined,
    });
  });

  test("with members that this program does not know is read without them", () => {
    expect(parseFsJson('{"version":"1.0.2","later":[1],"meta":{"etag":"e"},"minio":{"release":"x"}}').etag)
      .toBe("e");
  });

  test.each([
    "",
    "null",
    "[]",
    "{",
    "{}",
    '{"version":2}',
    '{"version":"2.0.0"}',
    '{"version":"1.0.2","meta":[]}',
    '{"version":"1.0.2","meta":{"etag":5}}',
    '{"version":"1.0.2","meta":{"a":null}}',
    '{"version":"1.0.2","parts":{}}',
    '{"version":"1.0.2","parts":[5]}',
    '{"version":"1.0.2","parts":[{"number":1}]}',
    '{"version":"1.0.2","parts":[{"number":-1,"size":1}]}',
    '{"version":"1.0.2","parts":[{"number":1,"size":1.5}]}',
    '{"version":"1.0.2","minio-ts":{}}',
    '{"version":"1.0.2","minio-ts":{"id":"../../x"}}',
    `{"version":"1.0.2","minio-ts":{"id":"${ID}","staging":"../x"}}`,
    `{"version":"1.0.2","minio-ts":{"id":"${ID}","checksum":{"algorithm":"MD5","type":"FULL_OBJECT","value":""}}}`,
  ])("is damaged as %j", (text) => {
    expect(() => parseFsJson(text)).toThrow(JsonFault);
  });

  test("is read as itself or found damaged whatever it holds", () => {
    fc.assert(fc.property(fc.json(), (text) => {
      try {
        parseFsJson(text);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(JsonFault);
      }
    }));
  });
});
