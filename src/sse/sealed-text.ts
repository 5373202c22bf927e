import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";
import type { ObjectName } from "../crypto/kdf.ts";
import { randomBytes } from "../crypto/random.ts";
import type { Secret } from "../crypto/secret.ts";
import type { DigestKind, DigestRest } from "./digest-rest.ts";

const PREFIX = "sealed:";
const NONCE_SIZE = 12;
const TAG_SIZE = 16;

/**
 * Seals short texts: `sealed:` and the base64 of `nonce (12) | ciphertext | tag (16)`, AES-256-GCM. Each has a key of its
 * own, made of the one given, of what the text is, and of bucket and key of the object as they are written. That binds
 * the text to them, and no key seals so many that two random nonces would be the same. A listing opens a thousand of
 * them, so this is synchronous. A proof is the HMAC of what is said.
 * @param key 32 bytes
 */
export function sealedTexts(key: Secret): DigestRest {
  const mac = (text: string) => createHmac("sha256", key.reveal()).update(text).digest();
  const keyOf = (kind: DigestKind, { bucket, key }: ObjectName) => mac(`${kind} ${bucket}/${key}`);
  return {
    seal(kind, text, object) {
      const nonce = randomBytes(NONCE_SIZE);
      const cipher = createCipheriv("aes-256-gcm", keyOf(kind, object), nonce);
      const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `${PREFIX}${sealed.toString("base64")}`;
    },
    open(kind, sealed, object) {
      if (!isSealedText(sealed)) return undefined;
      const bytes = Buffer.from(sealed.slice(PREFIX.length), "base64");
      const end = bytes.length - TAG_SIZE;
      if (end < NONCE_SIZE) return undefined;
      try {
        const decipher = createDecipheriv("aes-256-gcm", keyOf(kind, object), bytes.subarray(0, NONCE_SIZE), {
          authTagLength: TAG_SIZE,
        }).setAuthTag(bytes.subarray(end));
        return decipher.update(bytes.subarray(NONCE_SIZE, end), undefined, "utf8") + decipher.final("utf8");
      } catch {
        return undefined;
      }
    },
    prove: (kind, said, { bucket, key }) =>
      mac(`${kind} ${JSON.stringify([bucket, key])} ${said}`).toString("base64"),
  };
}

/** Where the key is not at hand: what is sealed stays closed, and nothing can be sealed. */
export const CLOSED_TEXTS: DigestRest = {
  seal() {
    throw new Error("nothing can be sealed without a KMS");
  },
  open: () => undefined,
  prove: () => undefined,
};

/** Whether a stored text is one that `sealedTexts` sealed. */
export function isSealedText(stored: string): boolean {
  return stored.startsWith(PREFIX);
}

/** What a client is shown of a sealed ETag that cannot be opened: 32 hexadecimal digits that tell nothing. */
export function opaqueText(sealed: string): string {
  return createHash("md5").update(sealed).digest("hex");
}
