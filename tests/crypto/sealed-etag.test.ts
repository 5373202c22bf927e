import { expect, test } from "bun:test";
import { TamperedError } from "../../src/crypto/errors.ts";
import { opaqueEtag, openEtag, sealEtag } from "../../src/crypto/sealed-etag.ts";
import { bytes, hex, secret, vectors } from "./vectors.ts";

test.each(vectors.etag_sealing.cases)("the sealed ETag of MD5 $md5 opens", (v) => {
  expect(hex(openEtag(secret(v.object_key), bytes(v.sealed_etag)))).toBe(v.md5);
  expect(hex(opaqueEtag(bytes(v.sealed_etag)))).toBe(v.ssec_client_etag);
});

test("an ETag is sealed in 48 bytes that begin with 20 00 0f 00", () => {
  const key = secret("11".repeat(32));
  const md5 = bytes("5d41402abc4b2a76b9719d911017c592");
  const sealed = sealEtag(key, md5);
  expect(sealed.length).toBe(48);
  expect(hex(sealed.subarray(0, 4))).toBe("20000f00");
  expect(hex(openEtag(key, sealed))).toBe(hex(md5));
});

test("an ETag does not open under another key, changed, or with another length", () => {
  const key = secret("11".repeat(32));
  const sealed = sealEtag(key, new Uint8Array(16));
  expect(() => openEtag(secret("12".repeat(32)), sealed)).toThrow(TamperedError);
  expect(() => openEtag(key, sealed.subarray(0, 47))).toThrow(TamperedError);
  expect(() => openEtag(key, new Uint8Array(0))).toThrow(TamperedError);
  const changed = sealed.slice();
  changed[20] = (changed[20] ?? 0) ^ 1;
  expect(() => openEtag(key, changed)).toThrow(TamperedError);
});
