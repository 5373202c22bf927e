import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { S3Error } from "../../src/errors/s3-error.ts";
import {
  actualSizeMetadata,
  type Encrypted,
  encryptionKind,
  encryptionMetadata,
  keptOfUpload,
  readEncryption,
} from "../../src/sse/metadata.ts";
import { vectors } from "../crypto/vectors.ts";

const PREFIX = "X-Minio-Internal-Server-Side-Encryption-";
const key = {
  iv: new Uint8Array(32).fill(1),
  algorithm: "DAREv2-HMAC-SHA256",
  sealedKey: new Uint8Array(64).fill(2),
};
const SSE_C: Encrypted = { kind: "sse-c", key, multipart: false };
const SSE_S3: Encrypted = {
  kind: "sse-s3",
  key,
  keyId: "my-key",
  sealedDataKey: new Uint8Array(64).fill(3),
  multipart: false,
};

/** Arrays as they are, whatever class they have. */
const plain = (encryption: unknown) =>
  JSON.parse(
    JSON.stringify(encryption, (_name, value) => value instanceof Uint8Array ? [...value] : value),
    (_name, value) => value?.type === "Buffer" ? value.data : value,
  );

function tampered(metadata: Readonly<Record<string, string>>): boolean {
  try {
    readEncryption(metadata);
    return false;
  } catch (thrown) {
    if (thrown instanceof S3Error) return thrown.code === "XMinioObjectTampered";
    throw thrown;
  }
}

describe("encryption metadata", () => {
  test("is written under MinIO's names and read back the same", () => {
    for (const encryption of [SSE_C, SSE_S3]) {
      for (const multipart of [false, true]) {
        const metadata = encryptionMetadata({ ...encryption, multipart });
        expect(plain(readEncryption(metadata))).toEqual(plain({ ...encryption, multipart }));
        expect(encryptionKind(metadata)).toBe(encryption.kind);
      }
    }
    expect(Object.keys(encryptionMetadata({ ...SSE_S3, multipart: true })).sort()).toEqual([
      "X-Minio-Internal-Encrypted-Multipart",
      `${PREFIX}Iv`,
      `${PREFIX}S3-Kms-Key-Id`,
      `${PREFIX}S3-Kms-Sealed-Key`,
      `${PREFIX}S3-Sealed-Key`,
      `${PREFIX}Seal-Algorithm`,
    ]);
    expect(Object.keys(encryptionMetadata(SSE_C)).sort())
      .toEqual([`${PREFIX}Iv`, `${PREFIX}Seal-Algorithm`, `${PREFIX}Sealed-Key`]);
  });

  test("of MinIO's own objects is read", () => {
    for (const { metadata } of vectors.sse_s3_chain) expect(readEncryption(metadata).kind).toBe("sse-s3");
    for (const { metadata } of vectors.sse_c_chain) expect(readEncryption(metadata).kind).toBe("sse-c");
  });

  test("is none where nothing speaks of encryption", () => {
    expect(readEncryption({})).toEqual({ kind: "none" });
    expect(readEncryption({ "content-type": "text/plain", "X-Amz-Meta-Iv": "x" })).toEqual({ kind: "none" });
    expect(encryptionMetadata({ kind: "none" })).toEqual({});
  });

  test("counts by any single trace of it, which alone is tampering", () => {
    const all = { ...encryptionMetadata({ ...SSE_S3, multipart: true }), ...encryptionMetadata(SSE_C) };
    for (const [name, value] of Object.entries(all)) {
      expect([name, encryptionKind({ [name]: value }) !== "none", tampered({ [name]: value })])
        .toEqual([name, true, true]);
    }
  });

  test("is tampered with without any of its members, and with one of another form", () => {
    for (const whole of [encryptionMetadata(SSE_C), encryptionMetadata(SSE_S3)]) {
      for (const [name, value] of Object.entries(whole)) {
        if (name.endsWith("Seal-Algorithm") || name.endsWith("Key-Id")) continue;
        const rest = Object.fromEntries(Object.entries(whole).filter(([other]) => other !== name));
        expect([name, tampered(rest)]).toEqual([name, true]);
        const bad = [" " + value, value.slice(1), `${value}\n`, value.replaceAll("=", ""), "!", ""];
        if (!name.endsWith("Kms-Sealed-Key")) bad.push(Buffer.alloc(31).toString("base64"));
        for (const text of bad.filter((text) => text !== value)) {
          if (text === "" && name.endsWith("Kms-Sealed-Key")) continue;
          expect([name, text, tampered({ ...whole, [name]: text })]).toEqual([name, text, true]);
        }
      }
    }
  });

  test("keeps a key id as it is, the empty one too", () => {
    for (const keyId of ["", " with blanks ", "ключ"]) {
      expect(readEncryption(encryptionMetadata({ ...SSE_S3, keyId }))).toMatchObject({ keyId });
    }
  });

  test("of a finished upload tells its size, which a rotation keeps", () => {
    expect(actualSizeMetadata(123)).toEqual({ "X-Minio-Internal-actual-size": "123" });
    expect(keptOfUpload({ ...actualSizeMetadata(5), "content-type": "a/b" })).toEqual(
      actualSizeMetadata(5),
    );
    expect(keptOfUpload({ "content-type": "a/b" })).toEqual({});
  });
});
