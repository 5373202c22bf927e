import { Buffer } from "node:buffer";
import { describe, expect, test } from "bun:test";
import { AES_256_GCM, TAG_SIZE } from "../../src/crypto/aead.ts";
import { TamperedError } from "../../src/crypto/errors.ts";
import { bytes, hex, PROVIDERS, secret } from "./vectors.ts";
import wycheproof from "./vectors/wycheproof-aes-256-gcm.json" with { type: "json" };

describe.each(PROVIDERS)("provider $name", (aead) => {
  test.each(wycheproof.tests)("Wycheproof AES-GCM case $tcId $comment is $result", async (vector) => {
    const key = aead.key(secret(vector.key), AES_256_GCM);
    const [iv, aad, message] = [bytes(vector.iv), bytes(vector.aad), bytes(vector.msg)];
    const sealed = bytes(vector.ct + vector.tag);
    const opened = (async () => await key.open(iv, aad, sealed))();
    if (vector.result === "valid") {
      expect(hex(await opened)).toBe(vector.msg);
      expect(hex(Buffer.concat([...await key.seal(iv, aad, message)]))).toBe(vector.ct + vector.tag);
    } else {
      await expect(opened).rejects.toBeInstanceOf(TamperedError);
    }
  });

  test("a key seals any number of packages", async () => {
    const key = aead.key(secret("07".repeat(32)), AES_256_GCM);
    for (const length of [1, 1000, 65536]) {
      const message = new Uint8Array(length).fill(length);
      const nonce = new Uint8Array(12).fill(length);
      const sealed = Buffer.concat([...await key.seal(nonce, new Uint8Array(4), message)]);
      expect(sealed.length).toBe(length + TAG_SIZE);
      expect(hex(await key.open(nonce, new Uint8Array(4), sealed))).toBe(hex(message));
    }
  });

  test("input shorter than a tag does not open", async () => {
    const key = aead.key(secret("07".repeat(32)), AES_256_GCM);
    await expect((async () => await key.open(new Uint8Array(12), new Uint8Array(4), new Uint8Array(15)))())
      .rejects.toBeInstanceOf(TamperedError);
  });
});
