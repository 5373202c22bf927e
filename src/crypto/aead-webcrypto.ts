import { webcrypto } from "node:crypto";
import { type Aead, type AeadKey, AES_256_GCM } from "./aead.ts";
import { ChaChaKey } from "./aead-chacha.ts";
import { TamperedError } from "./errors.ts";
import type { Secret } from "./secret.ts";

const { subtle } = webcrypto;

/** The default provider. */
export const webCryptoAead: Aead = {
  name: "webcrypto",
  inFlight: 8,
  key: (key, cipher) => cipher === AES_256_GCM ? new WebCryptoAesGcm(key) : new ChaChaKey(key),
};

class WebCryptoAesGcm implements AeadKey {
  readonly #key: Promise<webcrypto.CryptoKey>;

  constructor(key: Secret) {
    this.#key = subtle.importKey("raw", key.reveal(), "AES-GCM", false, ["encrypt", "decrypt"]);
  }

  async seal(nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array[]> {
    const sealed = await subtle.encrypt(parameters(nonce, additional), await this.#key, plaintext);
    return [new Uint8Array(sealed)];
  }

  async open(nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Promise<Uint8Array> {
    const key = await this.#key;
    try {
      return new Uint8Array(await subtle.decrypt(parameters(nonce, additional), key, sealed));
    } catch (cause) {
      throw new TamperedError("authentication failed", { cause });
    }
  }
}

function parameters(iv: Uint8Array, additionalData: Uint8Array): webcrypto.AesGcmParams {
  return { name: "AES-GCM", iv, additionalData, tagLength: 128 };
}
