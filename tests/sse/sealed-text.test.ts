import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { randomBytes } from "../../src/crypto/random.ts";
import { Secret } from "../../src/crypto/secret.ts";
import type { DigestKind } from "../../src/sse/digest-rest.ts";
import { CLOSED_TEXTS, isSealedText, opaqueText, sealedTexts } from "../../src/sse/sealed-text.ts";

const texts = sealedTexts(new Secret(randomBytes(32)));
const OBJECT = { bucket: "box", key: "key" };
const kinds: readonly DigestKind[] = ["etag", "checksum"];

describe("a sealed text", () => {
  test("opens to what was sealed, is never the same twice and tells nothing", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), fc.constantFrom(...kinds), (text, kind) => {
      const sealed = texts.seal(kind, text, OBJECT);
      expect(texts.open(kind, sealed, OBJECT)).toBe(Buffer.from(text).toString());
      expect(isSealedText(sealed)).toBe(true);
      expect(texts.seal(kind, text, OBJECT)).not.toBe(sealed);
      expect(text.length > 8 && sealed.includes(text)).toBe(false);
    }));
  });

  test("opens as nothing else, for no other object and under no other key", () => {
    const sealed = texts.seal("etag", "text", OBJECT);
    for (const kind of kinds) {
      expect(texts.open(kind, sealed, OBJECT)).toBe(kind === "etag" ? "text" : undefined);
    }
    for (
      const other of [{ bucket: "bo", key: "x/key" }, { bucket: "box", key: "/key" }, {
        bucket: "box",
        key: "keY",
      }]
    ) {
      expect(texts.open("etag", sealed, other)).toBeUndefined();
    }
    expect(sealedTexts(new Secret(randomBytes(32))).open("etag", sealed, OBJECT)).toBeUndefined();
    expect(CLOSED_TEXTS.open("etag", sealed, OBJECT)).toBeUndefined();
  });

  test("opens no more when any bit of it is changed, or it is cut", () => {
    const sealed = texts.seal("etag", "text", OBJECT);
    const bytes = Buffer.from(sealed.slice("sealed:".length), "base64");
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(texts.open("etag", `sealed:${changed.toString("base64")}`, OBJECT)).toBeUndefined();
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(texts.open("etag", `sealed:${bytes.subarray(0, length).toString("base64")}`, OBJECT))
        .toBeUndefined();
    }
  });

  test("is not what was never sealed", () => {
    fc.assert(fc.property(fc.string(), (text) => {
      expect(texts.open("etag", text, OBJECT)).toBeUndefined();
      expect(texts.open("etag", `sealed:${text}`, OBJECT)).toBeUndefined();
    }));
    expect(isSealedText("d41d8cd98f00b204e9800998ecf8427e")).toBe(false);
  });

  test("is shown closed as 32 hexadecimal digits, always the same", () => {
    const sealed = texts.seal("etag", "text", OBJECT);
    expect(opaqueText(sealed)).toMatch(/^[0-9a-f]{32}$/);
    expect(opaqueText(sealed)).toBe(opaqueText(sealed));
  });

  test("is not made without a key", () => {
    expect(() => CLOSED_TEXTS.seal("etag", "text", OBJECT)).toThrow("without a KMS");
  });
});

describe("a proof", () => {
  test("is the same for the same, and another for anything else", () => {
    const proof = texts.prove("record", "said", OBJECT);
    expect(proof).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(texts.prove("record", "said", OBJECT)).toBe(proof);
    const others = [
      texts.prove("upload", "said", OBJECT),
      texts.prove("record", "said ", OBJECT),
      texts.prove("record", "said", { bucket: "box", key: "other" }),
      texts.prove("record", "said", { bucket: "box/key", key: "" }),
      sealedTexts(new Secret(randomBytes(32))).prove("record", "said", OBJECT),
    ];
    expect(new Set([proof, ...others]).size).toBe(6);
  });

  test("is not made without a key", () => {
    expect(CLOSED_TEXTS.prove("record", "said", OBJECT)).toBeUndefined();
  });
});
