import { TamperedError, UnsupportedError } from "./errors.ts";
import { AES_256_GCM, CHACHA20_POLY1305, type CipherId, TAG_SIZE } from "./aead.ts";

/**
 * DARE, a stream of packages `header (16) | payload (1..65536) | tag (16)`. Both versions share this frame; what the last
 * twelve bytes of a header mean is told by `dare-v1` and `dare-v2`. The byte tables are in FORMAT.md.
 */
export const HEADER_SIZE = 16;
export const PAYLOAD_SIZE = 65536;
/** What a package adds to its payload. */
export const OVERHEAD = HEADER_SIZE + TAG_SIZE;
/** Size of a full package. */
export const PACKAGE_SIZE = PAYLOAD_SIZE + OVERHEAD;
/** Longest plaintext of one stream: sequence numbers have 32 bits. */
export const MAX_PLAINTEXT = 2 ** 48;

export type DareVersion = 0x10 | 0x20;

/** The fields of a header that both versions have in the same place. */
export interface PackageFrame {
  readonly version: DareVersion;
  readonly cipher: CipherId;
  /** Payload bytes, 1 to 65536. */
  readonly length: number;
}

/** Reads the first four bytes of a header. @throws UnsupportedError */
export function parseFrame(header: Uint8Array): PackageFrame {
  const version = header[0];
  const cipher = header[1];
  if (version !== 0x10 && version !== 0x20) throw new UnsupportedError("unsupported version of DARE");
  if (cipher !== AES_256_GCM && cipher !== CHACHA20_POLY1305) {
    throw new UnsupportedError("unsupported cipher of DARE");
  }
  return { version, cipher, length: ((header[2] ?? 0) | ((header[3] ?? 0) << 8)) + 1 };
}

/** The additional data of a package: the four bytes of its header that `parseFrame` reads. */
export function additionalData([version = 0, cipher = 0, low = 0, high = 0]: Uint8Array): Uint8Array {
  // A view of so few bytes costs more than a copy.
  return Uint8Array.of(version, cipher, low, high);
}

/** Stored bytes of `size` bytes of plaintext. @throws RangeError for more than 2^48 */
export function encryptedSize(size: number): number {
  if (size > MAX_PLAINTEXT) throw new RangeError("too large for one DARE stream");
  return size + OVERHEAD * Math.ceil(size / PAYLOAD_SIZE);
}

/** Plaintext bytes of a stream of `stored` bytes. @throws TamperedError when no stream has that size */
export function decryptedSize(stored: number): number {
  const last = stored % PACKAGE_SIZE;
  if (last > 0 && last <= OVERHEAD) throw new TamperedError("no stream has this size");
  return Math.floor(stored / PACKAGE_SIZE) * PAYLOAD_SIZE + Math.max(0, last - OVERHEAD);
}
