import { createCipheriv, createDecipheriv } from "node:crypto";
import { type Aead, type AeadKey, AES_256_GCM, type CipherId, TAG_SIZE } from "./aead.ts";
import { ChaChaKey } from "./aead-chacha.ts";
import { TamperedError } from "./errors.ts";
import type { Secret } from "./secret.ts";

/** A key whose calls answer at once. */
export interface NativeKey extends AeadKey {
  seal(nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): readonly Uint8Array[];
  open(nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array;
}

/** A provider whose keys answer at once. */
export interface NativeAead extends Aead {
  key(key: Secret, cipher: CipherId): NativeKey;
}

/** The synchronous provider: `node:crypto`. Fast on Bun and Node; on Deno only fit for a few bytes. */
export const nativeAead: NativeAead = {
  name: "native",
  inFlight: 1,
  key: (key, cipher) => cipher === AES_256_GCM ? new NativeAesGcm(key) : new ChaChaKey(key),
};

class NativeAesGcm implements NativeKey {
  readonly #key: Secret;

  constructor(key: Secret) {
    this.#key = key;
  }

  seal(nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): readonly Uint8Array[] {
    const cipher = createCipheriv("aes-256-gcm", this.#key.reveal(), nonce);
    cipher.setAAD(additional);
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return [ciphertext, cipher.getAuthTag()];
  }

  open(nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array {
    const decipher = createDecipheriv("aes-256-gcm", this.#key.reveal(), nonce, {
      authTagLength: TAG_SIZE,
    });
    decipher.setAAD(additional);
    const cut = sealed.length - TAG_SIZE;
    try {
      decipher.setAuthTag(sealed.subarray(cut));
      const plaintext = decipher.update(sealed.subarray(0, cut));
      decipher.final();
      return plaintext;
    } catch (cause) {
      throw new TamperedError("authentication failed", { cause });
    }
  }
}
