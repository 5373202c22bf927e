import { Buffer } from "node:buffer";
import { expect, test } from "bun:test";
import { canonicalContext } from "../../src/crypto/context.ts";
import {
  dataKeySealingKey,
  etagKey,
  legacySealingKey,
  newObjectKey,
  partKey,
  passThroughKey,
  sealingKey,
} from "../../src/crypto/kdf.ts";
import { objectPath } from "../../src/crypto/path.ts";
import { bytes, hex, secret, vectors } from "./vectors.ts";

test.each(vectors.object_key_generation)("an object key is made from external key and random bytes", (v) => {
  expect(hex(newObjectKey(secret(v.external_key), bytes(v.random)))).toBe(v.object_key);
});

test("object keys are fresh", () => {
  const external = secret("42".repeat(32));
  expect(hex(newObjectKey(external))).not.toBe(hex(newObjectKey(external)));
});

test.each(vectors.part_keys)("the key of part $part_number is derived from the object key", (v) => {
  expect(hex(partKey(secret(v.object_key), v.part_number))).toBe(v.part_key);
});

test.each(vectors.etag_sealing.cases)("the ETag key is derived from the object key", (v) => {
  expect(hex(etagKey(secret(v.object_key)))).toBe(v.etag_key);
});

test.each(vectors.seal_darev2_hmac_sha256)("the sealing key is bound to $domain and $canonical_path", (v) => {
  expect(objectPath(v.bucket, v.object)).toBe(v.canonical_path);
  const domain = v.domain === "SSE-C" ? "SSE-C" : "SSE-S3";
  const key = sealingKey(secret(v.external_key), bytes(v.iv), domain, { bucket: v.bucket, key: v.object });
  expect(hex(key)).toBe(v.sealing_key);
});

test.each(vectors.seal_legacy_dare_sha256)("the legacy sealing key of version $dare_version", (v) => {
  expect(hex(legacySealingKey(secret(v.external_key), bytes(v.iv)))).toBe(v.sealing_key);
});

test.each(vectors.gateway_client_key_kdf.cases)("the pass-through key of $canonical_path", (v) => {
  const key = passThroughKey(secret(v.client_key), { bucket: v.bucket, key: v.object });
  expect(hex(key)).toBe(v.derived_key);
});

test.each(vectors.context_canonical)("the canonical context is $canonical", (v) => {
  const text = canonicalContext(definite(v.context));
  expect(text).toBe(v.canonical);
  expect(Buffer.from(text).toString("base64")).toBe(v.canonical_b64);
});

test("context keys are in the order of their UTF-8 bytes", () => {
  // In UTF-16, the second one would come first.
  expect(canonicalContext({ "\u{10000}": "2", "\uffff": "1" })).toBe('{"\uffff":"1","\u{10000}":"2"}');
});

test.each(vectors.master_key_kms)("the sealing key of a data key is bound to id and context", (v) => {
  const key = dataKeySealingKey(secret(v.master_key), v.key_id, v.context_canonical);
  expect(hex(key)).toBe(v.derived_key);
});

/** The vectors' members of a context that have a value. */
function definite(context: Readonly<Record<string, string | undefined>> | null): Record<string, string> {
  const entries = Object.entries(context ?? {});
  return Object.fromEntries(entries.flatMap(([key, value]) => value === undefined ? [] : [[key, value]]));
}
