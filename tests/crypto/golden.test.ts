import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { decryptedSize, encryptedSize } from "../../src/crypto/dare.ts";
import { openDare } from "../../src/crypto/dare-reader.ts";
import { wholeSpan } from "../../src/crypto/dare-span.ts";
import { partKey } from "../../src/crypto/kdf.ts";
import { objectPath } from "../../src/crypto/path.ts";
import { opaqueEtag, openEtag } from "../../src/crypto/sealed-etag.ts";
import { openDataKey, openObjectKey } from "../../src/crypto/sealed-key.ts";
import { Secret } from "../../src/crypto/secret.ts";
import { GOLDEN, type GoldenObject, MANIFEST } from "../golden/data-sets.ts";
import { chunks, collect, hex, PROVIDERS, secret, sha256 } from "./vectors.ts";

interface FsJson {
  readonly meta: Readonly<Record<string, string>>;
  readonly parts?: readonly { readonly number: number; readonly size: number; readonly etag: string }[];
}

const PREFIX = "X-Minio-Internal-Server-Side-Encryption-";
const base64 = (text: string | undefined) => Buffer.from(text ?? "", "base64");
const MASTER_KEY = "6368616e676520746869732070617373776f726420746f206120736563726574";

function json<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(GOLDEN, ...path), "utf8")) as T;
}

function objectKey(object: GoldenObject, meta: FsJson["meta"]): Secret {
  const { bucket, key, sse } = object;
  const external = sse === "SSE-C" ? new Secret(base64(object.client_key_b64)) : openDataKey(
    base64(meta[`${PREFIX}S3-Kms-Sealed-Key`]),
    secret(MASTER_KEY),
    meta[`${PREFIX}S3-Kms-Key-Id`] ?? "",
    { [bucket]: objectPath(bucket, key) },
  );
  const sealed = base64(meta[`${PREFIX}Sealed-Key`] ?? meta[`${PREFIX}S3-Sealed-Key`]);
  return openObjectKey(sealed, meta[`${PREFIX}Seal-Algorithm`] ?? "", {
    external,
    iv: base64(meta[`${PREFIX}Iv`]),
    domain: sse === "SSE-C" ? "SSE-C" : "SSE-S3",
    object: { bucket, key },
  });
}

if (MANIFEST === undefined) {
  test.skip("golden data is opened", () => {});
} else {
  const objects = MANIFEST.objects
    .filter((object) => object.sse !== "none" && ["fs-masterkey", "fs-legacy2018"].includes(object.dataset));

  test("the golden data has encrypted objects of both kinds of sealing", () => {
    expect(objects.filter((object) => object.dataset === "fs-masterkey").length).toBeGreaterThanOrEqual(25);
    expect(objects.filter((object) => object.dataset === "fs-legacy2018").length).toBeGreaterThanOrEqual(5);
  });

  describe.each(PROVIDERS)("provider $name", (aead) => {
    test.each(objects)("$dataset: $sse object $bucket/$key is opened", async (object) => {
      const { dataset, bucket, key } = object;
      const stored = readFileSync(join(GOLDEN, dataset, bucket, key));
      const { meta, parts } = json<FsJson>(dataset, ".minio.sys/buckets", bucket, key, "fs.json");
      const whole = objectKey(object, meta);
      const opened: Uint8Array[] = [];
      if (!(`X-Minio-Internal-Encrypted-Multipart` in meta)) {
        expect(stored.length).toBe(encryptedSize(object.size));
        opened.push(await collect(openDare(aead, whole, chunks(stored, 100_000), wholeSpan(object.size))));
      } else {
        let at = 0;
        for (const part of parts ?? []) {
          const bytes = stored.subarray(at, at += part.size);
          const span = wholeSpan(decryptedSize(part.size));
          opened.push(
            await collect(openDare(aead, partKey(whole, part.number), chunks(bytes, 100_000), span)),
          );
        }
        expect(at).toBe(stored.length);
      }
      const plain = Buffer.concat(opened);
      expect(plain.length).toBe(object.size);
      expect(sha256(plain)).toBe(object.sha256);
    });
  });

  test.each(objects.filter((object) => !object.etag.includes("-")))(
    "$dataset: the ETag of $sse object $bucket/$key is what clients see",
    (object) => {
      const { meta } = json<FsJson>(
        object.dataset,
        ".minio.sys/buckets",
        object.bucket,
        object.key,
        "fs.json",
      );
      const stored = meta["etag"] ?? "";
      if (stored.length === 32) return expect(stored).toBe(object.etag);
      const sealed = Buffer.from(stored, "hex");
      const md5 = openEtag(objectKey(object, meta), sealed);
      expect(hex(md5)).toBe(object.md5);
      expect(hex(object.sse === "SSE-C" ? opaqueEtag(sealed) : md5)).toBe(object.etag);
    },
  );
}
