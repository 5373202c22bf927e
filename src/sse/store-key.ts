import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHash, createSecretKey } from "node:crypto";
import type { ObjectName } from "../crypto/kdf.ts";
import { randomBytes } from "../crypto/random.ts";
import type { Secret } from "../crypto/secret.ts";
import type { DigestRest } from "./digest-rest.ts";

const PREFIX = "sealed:";
const NONCE_SIZE = 12;
const TAG_SIZE = 16;

/**
 * Seals digests under one key of the store: `sealed:` and the base64 of `nonce (12) | ciphertext | tag (16)`,
 * AES-256-GCM, bound to bucket and key of the object. A listing opens a thousand of them, so this is synchronous.
 * @param storeKey 32 bytes
 */
export function storeKeyRest(storeKey: Secret): DigestRest {
  const key = createSecretKey(storeKey.reveal());
  return {
    seal(text, object) {
      const nonce = randomBytes(NONCE_SIZE);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(binding(object));
      const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `${PREFIX}${sealed.toString("base64")}`;
    },
    open(sealed, object) {
      if (!sealed.startsWith(PREFIX)) return undefined;
      const bytes = Buffer.from(sealed.slice(PREFIX.length), "base64");
      const end = bytes.length - TAG_SIZE;
      if (end < NONCE_SIZE) return undefined;
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_SIZE), {
          authTagLength: TAG_SIZE,
        });
        decipher.setAAD(binding(object)).setAuthTag(bytes.subarray(end));
        return decipher.update(bytes.subarray(NONCE_SIZE, end), undefined, "utf8") + decipher.final("utf8");
      } catch {
        return undefined;
      }
    },
  };
}

/** For a server without a KMS: nothing is sealed anew, and what is sealed stays closed. */
export const NO_STORE_KEY: DigestRest = {
  seal() {
    throw new Error("digests cannot be sealed without a KMS");
  },
  open: () => undefined,
};

/** What a client is shown of a sealed text that cannot be opened: 32 hexadecimal digits that tell nothing. */
export function opaqueDigest(sealed: string): string {
  return createHash("md5").update(sealed).digest("hex");
}

/** Whether a stored text is one that `storeKeyRest` sealed. */
export function isSealedText(stored: string): boolean {
  return stored.startsWith(PREFIX);
}

function binding({ bucket, key }: ObjectName): Buffer {
  return Buffer.from(`${bucket}/${key}`);
}
