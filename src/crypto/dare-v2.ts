import { AES_256_GCM, NONCE_SIZE } from "./aead.ts";
import { HEADER_SIZE, PAYLOAD_SIZE } from "./dare.ts";
import { TamperedError } from "./errors.ts";

/** Random bytes that a stream begins with, the same in all of its headers. */
export const RANDOM_SIZE = 12;

const FINAL = 0x80;

/**
 * The header of a package under AES-256-GCM.
 * @param random 12 bytes, whose top bit is overwritten by the final flag
 * @param length payload bytes, 1 to 65536
 */
export function encodeHeader(random: Uint8Array, length: number, final: boolean): Uint8Array {
  const header = new Uint8Array(HEADER_SIZE);
  header[0] = 0x20;
  header[1] = AES_256_GCM;
  header[2] = (length - 1) & 0xff;
  header[3] = (length - 1) >> 8;
  header.set(random, 4);
  header[4] = ((random[0] ?? 0) & ~FINAL) | (final ? FINAL : 0);
  return header;
}

/** Whether a header says that its package is the last. */
export function isFinal(header: Uint8Array): boolean {
  return ((header[4] ?? 0) & FINAL) !== 0;
}

/** The AEAD nonce of a package: its number goes into the last four bytes, so no package can take another's place. */
export function packageNonce(header: Uint8Array, sequence: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_SIZE);
  for (let i = 0; i < NONCE_SIZE; i++) nonce[i] = header[4 + i] ?? 0;
  for (let i = 0; i < 4; i++) nonce[8 + i] = (nonce[8 + i] ?? 0) ^ (sequence >>> (8 * i));
  return nonce;
}

/**
 * Checks what a header must have in common with the first one of its stream.
 * @throws TamperedError
 */
export function checkHeader(header: Uint8Array, first: Uint8Array, length: number): void {
  if (!isFinal(header) && length !== PAYLOAD_SIZE) throw new TamperedError("a package is too short");
  for (let i = 4; i < HEADER_SIZE; i++) {
    const difference = (header[i] ?? 0) ^ (first[i] ?? 0);
    if (difference !== 0 && (i !== 4 || difference !== FINAL)) {
      throw new TamperedError("a package belongs to another stream");
    }
  }
}
