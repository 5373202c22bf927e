import { Buffer } from "node:buffer";
import { inspect } from "node:util";
import { describe, expect, test } from "bun:test";
import { UnsupportedError, WrongKeyError } from "../../src/crypto/errors.ts";
import { type Domain, newObjectKey } from "../../src/crypto/kdf.ts";
import {
  newDataKey,
  openDataKey,
  openObjectKey,
  SEALED_KEY_SIZE,
  type Sealing,
  sealObjectKey,
} from "../../src/crypto/sealed-key.ts";
import { bytes, hex, secret, vectors } from "./vectors.ts";

const V2 = "DAREv2-HMAC-SHA256";
const domainOf = (text: string): Domain => text === "SSE-C" ? "SSE-C" : "SSE-S3";

test.each(vectors.seal_darev2_hmac_sha256)("the sealed key of $bucket / $object in $domain opens", (v) => {
  const sealing: Sealing = {
    external: secret(v.external_key),
    iv: bytes(v.iv),
    domain: domainOf(v.domain),
    object: { bucket: v.bucket, key: v.object },
  };
  expect(hex(openObjectKey(bytes(v.sealed_key), v.algorithm, sealing))).toBe(v.object_key);
});

test.each(vectors.seal_legacy_dare_sha256)(
  "a key sealed by DARE-SHA256 in version $dare_version opens",
  (v) => {
    const sealing: Sealing = {
      external: secret(v.external_key),
      iv: bytes(v.iv),
      domain: "SSE-C",
      object: { bucket: "any", key: "name" },
    };
    expect(hex(openObjectKey(bytes(v.sealed_key), v.algorithm, sealing))).toBe(v.object_key);
    expect(() => openObjectKey(bytes(v.sealed_key), v.algorithm, { ...sealing, domain: "SSE-S3" }))
      .toThrow(UnsupportedError);
  },
);

describe("a sealed key does not open with", () => {
  const negative = vectors.seal_negative;
  const sealing: Sealing = {
    external: secret(negative.external_key),
    iv: bytes(negative.iv),
    domain: "SSE-C",
    object: { bucket: "a", key: "b/c" },
  };
  const sealed = sealObjectKey(newObjectKey(sealing.external), sealing);
  const other: Record<string, { algorithm?: string; change?: Partial<Sealing> }> = {
    "other bucket": { change: { object: { bucket: "x", key: "b/c" } } },
    "other object": { change: { object: { bucket: "a", key: "b/d" } } },
    "other domain": { change: { domain: "SSE-S3" } },
    "other external key": { change: { external: secret("43".repeat(32)) } },
    "algorithm changed to DARE-SHA256": { algorithm: "DARE-SHA256" },
    "unknown algorithm": { algorithm: "foo" },
    "bucket/object split differently (a/b + c vs a + b/c) - same canonical path": {
      change: { object: { bucket: "a/b", key: "c" } },
    },
  };

  test.each(negative.cases)("$case", (v) => {
    const wrong = other[v.case];
    if (wrong === undefined) throw new Error("this case has no test");
    const open = () => openObjectKey(sealed, wrong.algorithm ?? V2, { ...sealing, ...wrong.change });
    if (v.error === "") expect(open().length).toBe(32);
    else expect(open).toThrow(v.error.includes("not supported") ? UnsupportedError : WrongKeyError);
  });

  test("another iv, or any flipped bit", () => {
    expect(() => openObjectKey(sealed, V2, { ...sealing, iv: new Uint8Array(32) })).toThrow(WrongKeyError);
    for (let bit = 0; bit < SEALED_KEY_SIZE * 8; bit++) {
      const changed = sealed.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => openObjectKey(changed, V2, sealing)).toThrow(WrongKeyError);
    }
  });

  test("another length", () => {
    for (const length of [0, 16, 32, 63]) {
      expect(() => openObjectKey(sealed.subarray(0, length), V2, sealing)).toThrow(WrongKeyError);
    }
    expect(() => openObjectKey(new Uint8Array([...sealed, 0]), V2, sealing)).toThrow(WrongKeyError);
  });

  test("DARE 1.0 under the algorithm that demands 2.0", () => {
    const legacy = vectors.seal_legacy_dare_sha256.find((v) => v.dare_version === "0x10");
    expect(() => openObjectKey(bytes(legacy?.sealed_key ?? ""), V2, sealing)).toThrow(WrongKeyError);
  });
});

test("a freshly sealed key has the form 20 00 1f 00, 64 bytes, and never repeats", () => {
  const sealing: Sealing = {
    external: secret("42".repeat(32)),
    iv: new Uint8Array(32),
    domain: "SSE-S3",
    object: { bucket: "bucket", key: "object" },
  };
  const objectKey = newObjectKey(sealing.external);
  const [one, two] = [sealObjectKey(objectKey, sealing), sealObjectKey(objectKey, sealing)];
  expect(one.length).toBe(SEALED_KEY_SIZE);
  expect(hex(one.subarray(0, 4))).toBe("20001f00");
  expect((one[4] ?? 0) & 0x80).toBe(0x80);
  expect(hex(one)).not.toBe(hex(two));
  expect(hex(openObjectKey(two, V2, sealing))).toBe(hex(objectKey));
});

test.each(vectors.master_key_kms)("the data key under $key_id for $context_canonical opens", (v) => {
  const [, name = "", value = ""] = /^\{"([^"]*)":"(.*)"\}$/.exec(v.context_canonical) ?? [];
  const context = v.context_canonical === "{}" ? {} : { [name]: value };
  const master = secret(v.master_key);
  expect(hex(openDataKey(bytes(v.sealed_data_key), master, v.key_id, context))).toBe(v.data_key);
  expect(() => openDataKey(bytes(v.sealed_data_key), master, `${v.key_id}x`, context)).toThrow(WrongKeyError);
  expect(() => openDataKey(bytes(v.sealed_data_key), master, v.key_id, { ...context, a: "b" }))
    .toThrow(WrongKeyError);
});

test("data keys are fresh and open again", () => {
  const master = secret("6368616e676520746869732070617373776f726420746f206120736563726574");
  const context = { bucket: "bucket/object" };
  const [one, two] = [newDataKey(master, "id", context), newDataKey(master, "id", context)];
  expect(hex(one.plain)).not.toBe(hex(two.plain));
  expect(hex(openDataKey(one.sealed, master, "id", context))).toBe(hex(one.plain));
});

test("an error shows no key material", () => {
  const sealing: Sealing = {
    external: secret("42".repeat(32)),
    iv: new Uint8Array(32),
    domain: "SSE-S3",
    object: { bucket: "bucket", key: "object" },
  };
  const objectKey = newObjectKey(sealing.external);
  const sealed = sealObjectKey(objectKey, sealing);
  try {
    openObjectKey(sealed, V2, { ...sealing, domain: "SSE-C" });
    throw new Error("it opened");
  } catch (error) {
    expect(error).toBeInstanceOf(WrongKeyError);
    const shown = inspect(error, { depth: 10, showHidden: true });
    for (const key of [objectKey, sealing.external]) {
      expect(shown).not.toContain(hex(key));
      expect(shown).not.toContain(Buffer.from(key.reveal()).toString("base64"));
    }
  }
});
