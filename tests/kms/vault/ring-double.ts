import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";

/** Status and body of an answer of Vault. */
export type DoubleAnswer = readonly [status: number, body: unknown];

const NONCE_SIZE = 12;
const TAG_SIZE = 16;

/** A refusal in Vault's words. */
export function refuse(status: number, text: string): DoubleAnswer {
  return [status, { errors: [text] }];
}

/**
 * A key ring of type aes256-gcm96: `vault:vN:` and the base64 of `nonce (12) | ciphertext | tag (16)`, AES-256-GCM
 * without additional data (minio-formats section 4.3).
 */
export class RingDouble {
  readonly #derived: boolean;
  readonly #keys: Buffer[];

  /** @param key of version 1, 32 bytes */
  constructor(derived: boolean, key: Uint8Array = randomBytes(32)) {
    this.#derived = derived;
    this.#keys = [Buffer.from(key)];
  }

  rotate(): void {
    this.#keys.push(randomBytes(32));
  }

  /** What transit answers to an action on this ring. */
  answer(action: string, body: Readonly<Record<string, string>>): DoubleAnswer {
    const { context: text = "" } = body;
    const context = Buffer.from(text, "base64");
    if (context.toString("base64") !== text) return refuse(400, "failed to base64-decode context");
    if (action === "datakey/plaintext") {
      if (this.#lacksContext(text)) return MISSING_CONTEXT;
      const plaintext = randomBytes(32);
      return data({ plaintext: plaintext.toString("base64"), ciphertext: this.#seal(plaintext, context) });
    }
    if (action === "encrypt") {
      if (this.#lacksContext(text)) return MISSING_CONTEXT;
      return data({ ciphertext: this.#seal(Buffer.from(body["plaintext"] ?? "", "base64"), context) });
    }
    const { ciphertext } = body;
    if (!ciphertext) return refuse(400, "missing ciphertext to decrypt");
    if (this.#lacksContext(text)) return MISSING_CONTEXT;
    const plaintext = this.#open(ciphertext, context);
    if (typeof plaintext === "string") return refuse(400, plaintext);
    if (action === "decrypt") return data({ plaintext: plaintext.toString("base64") });
    return data({ ciphertext: this.#seal(plaintext, context) });
  }

  #lacksContext(context: string): boolean {
    return this.#derived && context === "";
  }

  #seal(plaintext: Uint8Array, context: Buffer): string {
    const version = this.#keys.length;
    const nonce = randomBytes(NONCE_SIZE);
    const cipher = createCipheriv("aes-256-gcm", this.#keyOf(version, context), nonce);
    const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    return `vault:v${version}:${sealed.toString("base64")}`;
  }

  /** The plaintext, or why there is none. */
  #open(ciphertext: string, context: Buffer): Buffer | string {
    const [, version, base64] = /^vault:v(\d+):(.*)$/.exec(ciphertext) ?? [];
    if (version === undefined || base64 === undefined) return "invalid ciphertext: no prefix";
    if (Number(version) > this.#keys.length) return "invalid ciphertext: version is too new";
    const sealed = Buffer.from(base64, "base64");
    if (sealed.length < NONCE_SIZE + TAG_SIZE) return "invalid ciphertext length";
    try {
      const key = this.#keyOf(Number(version), context);
      const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_SIZE));
      decipher.setAuthTag(sealed.subarray(-TAG_SIZE));
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_SIZE, -TAG_SIZE)), decipher.final()]);
    } catch {
      return "invalid ciphertext: unable to decrypt";
    }
  }

  #keyOf(version: number, context: Buffer): Buffer {
    const key = this.#keys[version - 1] ?? Buffer.alloc(32);
    return this.#derived ? createHmac("sha256", key).update(context).digest() : key;
  }
}

const MISSING_CONTEXT = refuse(
  400,
  "missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request information must be included in order to perform operations with the key",
);

function data(members: Readonly<Record<string, string>>): DoubleAnswer {
  return [200, { data: members }];
}
