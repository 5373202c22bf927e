import { nativeAead } from "../../src/crypto/aead-native.ts";
import { webCryptoAead } from "../../src/crypto/aead-webcrypto.ts";
import { CHACHA20_POLY1305 } from "../../src/crypto/aead.ts";
import { openDare } from "../../src/crypto/dare-reader.ts";
import { wholeSpan } from "../../src/crypto/dare-span.ts";
import { TamperedError } from "../../src/crypto/errors.ts";
import { bytes, chunks, collect, drain, secret, sha256, vectors } from "./vectors.ts";

/** The vectors under ChaCha20-Poly1305 whose ciphertext is given in full. */
export const chaChaVectors = [...vectors.dare10, ...vectors.dare20, ...vectors.dare20_rand_top_bit_set]
  .filter((v) => v.cipher_id === CHACHA20_POLY1305 && v.ciphertext !== undefined);

/** Opens them all, intact and damaged, and counts what came out right. */
export async function openChaCha(): Promise<{ opened: number; refused: number }> {
  const count = { opened: 0, refused: 0 };
  for (const aead of [nativeAead, webCryptoAead]) {
    for (const v of chaChaVectors) {
      const stored = bytes(v.ciphertext ?? "");
      const span = wholeSpan(v.plaintext_len);
      const plain = await collect(openDare(aead, secret(v.key), chunks(stored, 99), span));
      if (sha256(plain) === v.plaintext_sha256) count.opened++;
      stored[stored.length - 1] = (stored.at(-1) ?? 0) ^ 1;
      const { released, error } = await drain(openDare(aead, secret(v.key), chunks(stored, 99), span));
      if (released.length === 0 && error instanceof TamperedError) count.refused++;
    }
  }
  return count;
}
