import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import { type Aead, type AeadKey, AES_256_GCM, type CipherId, TAG_SIZE } from "./aead.ts";
import { TamperedError, UnsupportedError } from "./errors.ts";
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
  key: (key, cipher) => cipher === AES_256_GCM ? new NativeAesGcm(key) : new NativeChaCha(key),
};

class NativeAesGcm implements NativeKey {
  readonly #key: KeyObject;

  constructor(key: Secret) {
    this.#key = createSecretKey(key.reveal());
  }

  seal(nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): readonly Uint8Array[] {
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce);
    cipher.setAAD(additional);
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return [ciphertext, cipher.getAuthTag()];
  }

  open(nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array {
    const decipher = createDecipheriv("aes-256-gcm", this.#key, nonce, { authTagLength: TAG_SIZE });
    decipher.setAAD(additional);
    return finish(decipher, sealed);
  }
}

/** Reads what servers without AES instructions wrote. Nothing is sealed with it. */
class NativeChaCha implements NativeKey {
  readonly #key: KeyObject;

  constructor(key: Secret) {
    this.#key = createSecretKey(key.reveal());
    this.#begin(new Uint8Array(12));
  }

  seal(): never {
    throw new UnsupportedError("ChaCha20-Poly1305 is only read");
  }

  open(nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array {
    const decipher = this.#begin(nonce);
    decipher.setAAD(additional, { plaintextLength: sealed.length - TAG_SIZE });
    return finish(decipher, sealed);
  }

  #begin(nonce: Uint8Array) {
    try {
      return createDecipheriv("chacha20-poly1305", this.#key, nonce, { authTagLength: TAG_SIZE });
    } catch (cause) {
      throw new UnsupportedError("this runtime cannot read ChaCha20-Poly1305", { cause });
    }
  }
}

function finish(
  decipher: { update(data: Uint8Array): Uint8Array; setAuthTag(tag: Uint8Array): unknown; final(): unknown },
  sealed: Uint8Array,
): Uint8Array {
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
