import type { Secret } from "./secret.ts";

/** Ciphers of DARE by their number in a package header. Only the first is written. */
export const AES_256_GCM = 0x00;
export const CHACHA20_POLY1305 = 0x01;
export type CipherId = typeof AES_256_GCM | typeof CHACHA20_POLY1305;

/** Bytes of a key, a nonce and a tag, the same for both ciphers. */
export const KEY_SIZE = 32;
export const NONCE_SIZE = 12;
export const TAG_SIZE = 16;

/**
 * A provider of authenticated encryption. All providers give identical bytes; they differ in speed and in whether they
 * answer at once or by promise.
 */
export interface Aead {
  readonly name: "webcrypto" | "native";
  /** Packages worth having under way at the same time; 1 when calls answer at once. */
  readonly inFlight: number;
  /** Prepares a key of 32 bytes for any number of packages. */
  key(key: Secret, cipher: CipherId): AeadKey;
}

/** One key under one cipher. Arguments must stay unchanged until the answer is there. */
export interface AeadKey {
  /** Ciphertext and tag, in one piece or in two. AES-256-GCM only. */
  seal(
    nonce: Uint8Array,
    additional: Uint8Array,
    plaintext: Uint8Array,
  ): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /**
   * The plaintext of ciphertext followed by its tag.
   * @throws TamperedError (or rejects with it) when the tag does not fit
   */
  open(nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array | Promise<Uint8Array>;
}
