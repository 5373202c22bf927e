import { describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { Secret } from "../../src/crypto/secret.ts";
import type { DigestRest } from "../../src/sse/digest-rest.ts";
import { rememberingEtags } from "../../src/sse/opened-etags.ts";
import { sealedTexts } from "../../src/sse/sealed-text.ts";

const OBJECT = { bucket: "box", key: "a/b" };
const ETAG = "d41d8cd98f00b204e9800998ecf8427e";

describe("a rest that remembers ETags", () => {
  const counted = (rest: DigestRest) => {
    const calls = { opened: 0 };
    const counting: DigestRest = {
      ...rest,
      open(...asked) {
        calls.opened++;
        return rest.open(...asked);
      },
    };
    return { calls, remembering: rememberingEtags(counting) };
  };
  const rest = sealedTexts(new Secret(randomBytes(32)));

  test("opens one that it sealed or opened before without its key", () => {
    const { calls, remembering } = counted(rest);
    const own = remembering.seal("etag", ETAG, OBJECT);
    expect(remembering.open("etag", own, OBJECT)).toBe(ETAG);
    expect(calls.opened).toBe(0);
    const other = rest.seal("etag", ETAG, OBJECT);
    expect(remembering.open("etag", other, OBJECT)).toBe(ETAG);
    expect(remembering.open("etag", other, OBJECT)).toBe(ETAG);
    expect(calls.opened).toBe(1);
  });

  test("forgets those that nobody asks for any more, and keeps the others", () => {
    const { calls, remembering } = counted(rest);
    const inUse = remembering.seal("etag", ETAG, OBJECT);
    const unused = remembering.seal("etag", ETAG, OBJECT);
    for (let i = 0; i < 20_000; i++) {
      remembering.seal("etag", ETAG, { bucket: "box", key: String(i) });
      if (i % 1000 === 0) remembering.open("etag", inUse, OBJECT);
    }
    expect(calls.opened).toBe(0);
    expect(remembering.open("etag", unused, OBJECT)).toBe(ETAG);
    expect(calls.opened).toBe(1);
  });

  test("opens none of another object, changed, or of another kind, however often it was opened rightly", () => {
    const { remembering } = counted(rest);
    const sealed = remembering.seal("etag", ETAG, OBJECT);
    expect(remembering.open("etag", sealed, { bucket: "box", key: "a/c" })).toBeUndefined();
    expect(remembering.open("etag", `${sealed.slice(0, -2)}AA`, OBJECT)).toBeUndefined();
    expect(remembering.open("checksum", sealed, OBJECT)).toBeUndefined();
  });
});
