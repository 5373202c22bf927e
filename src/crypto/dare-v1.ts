import { HEADER_SIZE } from "./dare.ts";
import { TamperedError } from "./errors.ts";

// Version 1.0 is only read. It has no final flag: that such a stream was cut is seen from its size alone.

/** The AEAD nonce of a package: number and random bytes as they stand. */
export function packageNonce(header: Uint8Array): Uint8Array {
  return header.subarray(4);
}

/**
 * Checks number and random bytes of a header against the first one of its stream.
 * @throws TamperedError
 */
export function checkHeader(header: Uint8Array, first: Uint8Array, sequence: number): void {
  const view = new DataView(header.buffer, header.byteOffset, HEADER_SIZE);
  if (view.getUint32(4, true) !== sequence) throw new TamperedError("a package is out of order");
  for (let i = 8; i < HEADER_SIZE; i++) {
    if (header[i] !== first[i]) throw new TamperedError("a package belongs to another stream");
  }
}
