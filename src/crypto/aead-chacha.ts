import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import type { AeadKey } from "./aead.ts";
import { TamperedError, UnsupportedError } from "./errors.ts";
import type { Secret } from "./secret.ts";

/**
 * Reads what servers without AES instructions wrote. Nothing is sealed with it. It comes from a library, because neither
 * WebCrypto nor the `node:crypto` of Bun has this cipher.
 */
export class ChaChaKey implements AeadKey {
  readonly #key: Secret;

  constructor(key: Secret) {
    this.#key = key;
  }

  seal(): never {
    throw new UnsupportedError("ChaCha20-Poly1305 is only read");
  }

  open(nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array {
    try {
      return chacha20poly1305(this.#key.reveal(), nonce, additional).decrypt(sealed);
    } catch (cause) {
      throw new TamperedError("authentication failed", { cause });
    }
  }
}
