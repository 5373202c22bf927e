import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { Secret } from "../../src/crypto/secret.ts";
import { S3Error } from "../../src/errors/s3-error.ts";
import { masterKeyKms } from "../../src/kms/master-key.ts";
import { bytes, hex, secret, vectors } from "../crypto/vectors.ts";

const CONTEXT = { box: "box/key" };
const masterKey = (keyId: string, fill: number) => ({ keyId, key: new Secret(Buffer.alloc(32, fill)) });

async function refusal(open: Promise<Secret>): Promise<S3Error> {
  try {
    await open;
  } catch (thrown) {
    if (thrown instanceof S3Error) return thrown;
    throw thrown;
  }
  throw new Error("it opened");
}

describe("a KMS of master keys", () => {
  test.each(vectors.master_key_kms)("opens what MinIO sealed for $context_canonical", async (v) => {
    const kms = masterKeyKms({ keyId: v.key_id, key: secret(v.master_key) });
    // Nothing in it is escaped, so it is not always JSON.
    const [, name, value] = /^\{"([^"]*)":"(.*)"\}$/.exec(v.context_canonical) ?? [];
    const context = name === undefined || value === undefined ? {} : { [name]: value };
    expect(hex(await kms.openDataKey(v.key_id, bytes(v.sealed_data_key), context))).toBe(v.data_key);
  });

  test("makes another data key each time, 32 bytes that rest in 64, and opens it for its context alone", async () => {
    const kms = masterKeyKms(masterKey("one", 1));
    const [first, second] = [await kms.generateDataKey(CONTEXT), await kms.generateDataKey(CONTEXT)];
    expect([first.keyId, first.plaintext.length, first.sealed.length]).toEqual(["one", 32, 64]);
    expect(hex(first.plaintext)).not.toBe(hex(second.plaintext));
    expect(hex(await kms.openDataKey("one", first.sealed, CONTEXT))).toBe(hex(first.plaintext));
    for (const other of [{}, { box: "box/other" }, { other: "box/key" }, { ...CONTEXT, more: "x" }]) {
      expect((await refusal(kms.openDataKey("one", first.sealed, other))).code).toBe("InternalError");
    }
  });

  test("opens what was sealed under a former key, after its id or its key or both changed", async () => {
    const { sealed, plaintext } = await masterKeyKms(masterKey("old", 1)).generateDataKey(CONTEXT);
    const settings = [
      masterKeyKms(masterKey("renamed", 1)),
      masterKeyKms(masterKey("new", 2), [masterKey("old", 1)]),
      masterKeyKms(masterKey("old", 2), [masterKey("old", 1)]),
      masterKeyKms(masterKey("new", 3), [masterKey("other", 2), masterKey("forgotten name", 1)]),
    ];
    for (const kms of settings) {
      expect(hex(await kms.openDataKey("old", sealed, CONTEXT))).toBe(hex(plaintext));
    }
    const { keyId } = await masterKeyKms(masterKey("new", 2), [masterKey("old", 1)]).generateDataKey(CONTEXT);
    expect(keyId).toBe("new");
  });

  test("refuses what none of its keys sealed, for the log by the id that was kept and without a key", async () => {
    const { sealed } = await masterKeyKms(masterKey("gone", 1)).generateDataKey(CONTEXT);
    const kms = masterKeyKms(masterKey("new", 0x61), [masterKey("older", 0x62)]);
    const error = await refusal(kms.openDataKey("gone", sealed, CONTEXT));
    expect([error.code, error.message]).toEqual([
      "InternalError",
      "We encountered an internal error, please try again.",
    ]);
    const told = Bun.inspect(error.cause);
    expect(told).toContain('sealed under "gone"');
    expect(told).not.toContain("61616161");
    expect(told).not.toContain("aaaaaaaa");
    expect((await refusal(masterKeyKms(masterKey("id", 1)).openDataKey("other id", sealed, CONTEXT))).code)
      .toBe("InternalError");
  });

  test("refuses a sealed key in which any byte was changed, or one of another length", async () => {
    const kms = masterKeyKms(masterKey("one", 1));
    const { sealed } = await kms.generateDataKey(CONTEXT);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect((await refusal(kms.openDataKey("one", changed, CONTEXT))).code).toBe("InternalError");
    }
    for (const length of [0, 32, 63]) {
      expect((await refusal(kms.openDataKey("one", sealed.slice(0, length), CONTEXT))).code).toBe(
        "InternalError",
      );
    }
  });

  test("is always there", async () => {
    expect(await masterKeyKms(masterKey("one", 1)).status()).toMatchObject({ keyId: "one", online: true });
  });
});
