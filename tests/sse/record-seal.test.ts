import { describe, expect, test } from "bun:test";
import { randomBytes } from "../../src/crypto/random.ts";
import { Secret } from "../../src/crypto/secret.ts";
import { ADOPTION_SEAL, RECORD_SEAL, UPLOAD_SEAL } from "../../src/sse/metadata.ts";
import { multipartEtag } from "../../src/store/multipart-etag.ts";
import {
  checkAdopted,
  checkRecord,
  checkUnsealedRecord,
  checkUpload,
  isAdopted,
  isSealedRecord,
  sealAdopted,
  sealRecord,
  sealUpload,
} from "../../src/sse/record-seal.ts";
import { sealedTexts } from "../../src/sse/sealed-text.ts";
import { checkSizes, isStream } from "../../src/sse/sizes.ts";
import type { ObjectRecord } from "../../src/store/store.ts";

const rest = sealedTexts(new Secret(randomBytes(32)));
const PARTS = [
  { number: 1, size: 100, storedSize: 132, etag: "aa", checksum: "one" },
  { number: 3, size: 50, storedSize: 82, etag: "bb" },
];
const RECORD: ObjectRecord = {
  bucket: "box",
  key: "key",
  revision: "r",
  lastModified: 1,
  size: 150,
  storedSize: 214,
  etag: multipartEtag(["aa", "bb"]),
  metadata: { "content-type": "a/b", "X-Amz-Meta-B": "2", "X-Amz-Meta-A": "1" },
  checksum: { algorithm: "CRC32", type: "COMPOSITE", value: "sum" },
  parts: PARTS,
};
const sealed: ObjectRecord = { ...RECORD, ...sealRecord(rest, RECORD, RECORD, PARTS) };
const adopted: ObjectRecord = { ...RECORD, ...sealAdopted(rest, RECORD, RECORD, PARTS) };
const TAMPERED = "The requested object was modified and may be compromised";

describe("a sealed record", () => {
  test("is taken as it is, whatever the order of its metadata, its revision and its date", () => {
    expect(isSealedRecord(sealed)).toBe(true);
    checkRecord(rest, sealed);
    const reversed = Object.fromEntries(Object.entries(sealed.metadata).toReversed());
    checkRecord(rest, { ...sealed, metadata: reversed, revision: "other", lastModified: 2 });
  });

  const changes: Readonly<Record<string, Partial<ObjectRecord>>> = {
    "another size": { size: 151 },
    "another ETag": { etag: "cc" },
    "no seal": { metadata: RECORD.metadata },
    "an empty seal": { metadata: { ...RECORD.metadata, [RECORD_SEAL]: "" } },
    "a header more": { metadata: { ...sealed.metadata, "cache-control": "no-store" } },
    "a header less": {
      metadata: { "content-type": "a/b", [RECORD_SEAL]: sealed.metadata[RECORD_SEAL] ?? "" },
    },
    "values exchanged": { metadata: { ...sealed.metadata, "X-Amz-Meta-A": "2", "X-Amz-Meta-B": "1" } },
    "another checksum": { checksum: { algorithm: "CRC32", type: "COMPOSITE", value: "other" } },
    "another kind of checksum": { checksum: { algorithm: "CRC32", type: "FULL_OBJECT", value: "sum" } },
    "no parts": { parts: [] },
    "a part less": { parts: PARTS.slice(1) },
    "parts in another order": { parts: PARTS.toReversed() },
    "another number": { parts: PARTS.map((part) => ({ ...part, number: part.number + 1 })) },
    "another size of a part": { parts: PARTS.map((part) => ({ ...part, size: part.size + 1 })) },
    "another ETag of a part": { parts: PARTS.map((part) => ({ ...part, etag: "cc" })) },
    "another checksum of a part": { parts: PARTS.map((part) => ({ ...part, checksum: "x" })) },
    "another key": { key: "other" },
    "another bucket": { bucket: "other" },
  };
  for (const [name, change] of Object.entries(changes)) {
    test(`is refused with ${name}`, () => {
      expect(() => checkRecord(rest, { ...sealed, ...change })).toThrow(TAMPERED);
    });

    test(`that was taken over from another store is refused with ${name}`, () => {
      const { metadata = adopted.metadata } = change;
      const { [RECORD_SEAL]: _, ...others } = metadata;
      const kept = name === "no seal" ? {} : { [ADOPTION_SEAL]: adopted.metadata[ADOPTION_SEAL] ?? "" };
      const seal = name === "an empty seal" ? { [ADOPTION_SEAL]: "" } : kept;
      const changed = { ...adopted, ...change, metadata: { ...others, ...seal } };
      expect(() => checkAdopted(rest, changed)).toThrow(TAMPERED);
    });
  }

  test("that was taken over is taken as it is by the key of the store, and by nothing else", () => {
    expect([isAdopted(adopted), isAdopted(sealed), isSealedRecord(adopted)]).toEqual([true, false, false]);
    checkAdopted(rest, adopted);
    expect(() => checkAdopted(sealedTexts(new Secret(randomBytes(32))), adopted)).toThrow(TAMPERED);
    expect(() => checkAdopted(undefined, adopted)).toThrow("KMS is not configured");
    const seal = sealed.metadata[RECORD_SEAL] ?? "";
    const forged = { ...RECORD, metadata: { ...RECORD.metadata, [ADOPTION_SEAL]: seal } };
    expect(() => checkAdopted(rest, forged)).toThrow(TAMPERED);
  });

  test("is refused with the seal of another record, and under another key", () => {
    const other = sealRecord(rest, RECORD, { ...RECORD, size: 1 }, PARTS);
    expect(() => checkRecord(rest, { ...sealed, metadata: other.metadata })).toThrow(TAMPERED);
    expect(() => checkRecord(sealedTexts(new Secret(randomBytes(32))), sealed)).toThrow(TAMPERED);
  });

  test("can be sealed anew", () => {
    const changed = { ...sealed, metadata: { ...sealed.metadata, "content-type": "c/d" } };
    checkRecord(rest, { ...changed, ...sealRecord(rest, RECORD, changed, PARTS) });
  });
});

describe("a record without a seal", () => {
  const late: ObjectRecord = { ...RECORD, metadata: sealUpload(rest, RECORD, RECORD.metadata) };

  test("is taken when it is what the upload was begun with and its ETag that of its parts", () => {
    checkUnsealedRecord(rest, late);
    expect(() => checkUnsealedRecord(rest, { ...late, parts: PARTS.toReversed() })).toThrow(TAMPERED);
    expect(() => checkUnsealedRecord(rest, { ...late, parts: PARTS.slice(1) })).toThrow(TAMPERED);
    expect(() => checkUnsealedRecord(rest, RECORD)).toThrow(TAMPERED);
  });

  test("was begun with the metadata that was sealed, whatever the key that the data key is under today", () => {
    const name = "X-Minio-Internal-Server-Side-Encryption-S3-Kms-Key-Id";
    checkUpload(rest, { ...late, metadata: { ...late.metadata, [name]: "of today" } });
    for (
      const change of [
        { metadata: { ...late.metadata, "content-type": "text/html" } },
        { metadata: { ...late.metadata, "X-Amz-Meta-C": "3" } },
        { metadata: { ...late.metadata, [UPLOAD_SEAL]: sealed.metadata[RECORD_SEAL] ?? "" } },
        { key: "other" },
      ] satisfies Partial<ObjectRecord>[]
    ) expect(() => checkUpload(rest, { ...late, ...change })).toThrow(TAMPERED);
    expect(() => checkUpload(sealedTexts(new Secret(randomBytes(32))), late)).toThrow(TAMPERED);
  });
});

describe("the sizes of a record", () => {
  test("belong together piece by piece and in sum", () => {
    checkSizes(RECORD, isStream);
    checkSizes({ ...RECORD, parts: [], size: 65_537, storedSize: 65_537 + 64 }, isStream);
    checkSizes({ ...RECORD, parts: [], size: 0, storedSize: 0 }, isStream);
  });

  test("do not otherwise", () => {
    const whole = { ...RECORD, parts: [] };
    for (
      const wrong of [
        { ...RECORD, size: 149 },
        { ...RECORD, storedSize: 215 },
        { ...RECORD, parts: PARTS.slice(1) },
        { ...whole, size: 150, storedSize: 150 },
        { ...whole, size: 0, storedSize: 32 },
        { ...whole, size: -1, storedSize: -1 },
        { ...whole, size: 1.5, storedSize: 33.5 },
        { ...whole, size: NaN, storedSize: NaN },
        { ...whole, size: 2 ** 52, storedSize: 2 ** 52 + 2 ** 41 },
        { ...whole, size: Infinity, storedSize: Infinity },
      ]
    ) expect(() => checkSizes(wrong, isStream)).toThrow(TAMPERED);
  });
});
