import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nativeAead } from "../../../src/crypto/aead-native.ts";
import { decryptedSize } from "../../../src/crypto/dare.ts";
import { openDare } from "../../../src/crypto/dare-reader.ts";
import { partSpans } from "../../../src/crypto/dare-span.ts";
import { partKey } from "../../../src/crypto/kdf.ts";
import { objectPath } from "../../../src/crypto/path.ts";
import { openEtag } from "../../../src/crypto/sealed-etag.ts";
import type { VaultKms } from "../../../src/kms/vault/vault-kms.ts";
import { readEncryption } from "../../../src/sse/metadata.ts";
import { openUnderKms } from "../../../src/sse/object-key.ts";
import { GOLDEN, MANIFEST } from "../../golden/data-sets.ts";
import { chunks, collect } from "../../crypto/vectors.ts";
import { kmsOf } from "./double-kms.ts";
import { VaultDouble } from "./vault-double.ts";

interface FsJson {
  readonly meta: Readonly<Record<string, string>>;
  readonly parts?: readonly { readonly number: number; readonly size: number }[];
}

if (MANIFEST === undefined) {
  describe.skip("data keys of a real Vault", () => test("are in the golden data", () => {}));
} else {
  const { key_name: keyName, exported_key_b64: ringKey, exchanges } = MANIFEST.vault;
  const objects = MANIFEST.objects.filter(({ dataset, sse }) => dataset === "fs-vault" && sse === "SSE-S3");

  describe("data keys of a real Vault", () => {
    let double: VaultDouble;
    let kms: VaultKms;
    beforeAll(async () => {
      double = await new VaultDouble().listen();
      double.addRing(keyName, { key: Buffer.from(ringKey, "base64") });
      kms = kmsOf(double, { keyName });
    });
    afterAll(async () => {
      await kms.close();
      await double.stop();
    });

    test.each(exchanges)("open in the double as they did there: $context", async (exchange) => {
      // Nothing in a context is escaped, so that it is not always JSON.
      const [, bucket = "", path = ""] = /^\{"([^"]*)":"(.*)"\}$/.exec(exchange.context) ?? [];
      const sealed = Buffer.from(exchange.ciphertext);
      const opened = await kms.openDataKey(keyName, sealed, { [bucket]: path });
      expect(Buffer.from(opened.reveal()).toString("base64")).toBe(exchange.plaintext_b64);
      const answer = double.rings.get(keyName)?.answer("decrypt", {
        ciphertext: exchange.ciphertext,
        context: exchange.context_b64,
      });
      expect(answer).toEqual([200, { data: { plaintext: exchange.plaintext_b64 } }]);
    });

    test("look like those that the double makes", async () => {
      const { sealed, plaintext } = await kms.generateDataKey({ vaulted: "vaulted/x" });
      const real = exchanges[0]?.ciphertext ?? "";
      expect(Buffer.from(sealed).toString().length).toBe(real.length);
      expect(Buffer.from(sealed).toString().slice(0, 9)).toBe(real.slice(0, 9));
      expect(plaintext.length).toBe(32);
    });

    test.each(objects)("open $bucket/$key, which MinIO wrote, down to its bytes", async (object) => {
      const { bucket, key } = object;
      const where = join(GOLDEN, "fs-vault", ".minio.sys/buckets", bucket, key, "fs.json");
      const { meta, parts = [] } = JSON.parse(readFileSync(where, "utf8")) as FsJson;
      const encryption = readEncryption(meta);
      if (encryption.kind !== "sse-s3") throw new Error(`${key} is not encrypted with SSE-S3`);
      const objectKey = await openUnderKms(encryption, object, kms);
      const stored = readFileSync(join(GOLDEN, "fs-vault", objectPath(bucket, key)));
      const sizes = encryption.multipart ? parts.map(({ size }) => decryptedSize(size)) : [object.size];
      const hash = createHash("sha256");
      for (const span of partSpans(sizes, 0, object.size)) {
        const { number } = parts[span.part] ?? { number: 0 };
        const streamKey = encryption.multipart ? partKey(objectKey, number) : objectKey;
        const bytes = stored.subarray(span.storedOffset, span.storedOffset + span.storedLength);
        hash.update(await collect(openDare(nativeAead, streamKey, chunks(bytes, 50_000), span)));
      }
      expect(hash.digest("hex")).toBe(object.sha256);
      const etag = Buffer.from(meta["etag"] ?? "", "hex");
      if (etag.length === 48) {
        expect(Buffer.from(openEtag(objectKey, etag)).toString("hex")).toBe(object.md5);
      }
    });
  });
}
