import { Buffer } from "node:buffer";
import { expect, test } from "bun:test";
import { webCryptoAead } from "../../src/crypto/aead-webcrypto.ts";
import { openSmall } from "../../src/crypto/dare-reader.ts";
import { partKey } from "../../src/crypto/kdf.ts";
import { objectPath } from "../../src/crypto/path.ts";
import { openDataKey, openObjectKey } from "../../src/crypto/sealed-key.ts";
import { bytes, hex, plaintext, secret, vectors } from "./vectors.ts";

const PREFIX = "X-Minio-Internal-Server-Side-Encryption-";
const base64 = (text: string) => Buffer.from(text, "base64");

test.each(vectors.sse_s3_chain)("SSE-S3: from master key to plaintext of $bucket / $object", async (v) => {
  const dataKey = openDataKey(
    base64(v.metadata[`${PREFIX}S3-Kms-Sealed-Key`]),
    secret(v.master_key),
    v.metadata[`${PREFIX}S3-Kms-Key-Id`],
    { [v.bucket]: objectPath(v.bucket, v.object) },
  );
  expect(hex(dataKey)).toBe(v.data_key);
  const sealed = base64(v.metadata[`${PREFIX}S3-Sealed-Key`]);
  const objectKey = openObjectKey(sealed, v.metadata[`${PREFIX}Seal-Algorithm`], {
    external: dataKey,
    iv: base64(v.metadata[`${PREFIX}Iv`]),
    domain: "SSE-S3",
    object: { bucket: v.bucket, key: v.object },
  });
  expect(hex(objectKey)).toBe(v.object_key);
  const plain = hex(plaintext(v.plaintext_len, v.plaintext_seed));
  expect(hex(await openSmall(webCryptoAead, objectKey, bytes(v.single_part_ciphertext)))).toBe(plain);
  expect(hex(await openSmall(webCryptoAead, partKey(objectKey, 3), bytes(v.part3_ciphertext)))).toBe(plain);
});

test.each(vectors.sse_c_chain)("SSE-C: from client key to plaintext of $bucket / $object", async (v) => {
  const sealed = base64(v.metadata[`${PREFIX}Sealed-Key`]);
  const objectKey = openObjectKey(sealed, v.metadata[`${PREFIX}Seal-Algorithm`], {
    external: secret(v.client_key),
    iv: base64(v.metadata[`${PREFIX}Iv`]),
    domain: "SSE-C",
    object: { bucket: v.bucket, key: v.object },
  });
  expect(hex(objectKey)).toBe(v.object_key);
  expect(hex(await openSmall(webCryptoAead, objectKey, bytes(v.single_part_ciphertext))))
    .toBe(hex(plaintext(v.plaintext_len, v.plaintext_seed)));
});
