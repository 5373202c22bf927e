import { Buffer } from "node:buffer";
import type { Packed } from "./packed.ts";

const BLOCK = 512;

/** The end of a tar file. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK);

/**
 * What stands before the bytes of a file in a tar file (POSIX ustar): owned by root.
 * @param seconds time of the change since 1970
 */
export function tarHeader({ path, bytes, executable }: Packed, seconds: number): Uint8Array {
  if (Buffer.byteLength(path) > 100) {
    throw new RangeError(`${path} is too long for the name of a file in tar`);
  }
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at);
  header.write(path, 0);
  octal(executable ? 0o755 : 0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes.length, 124, 12);
  octal(seconds, 136, 12);
  header.write("        0", 148);
  header.write("ustar\0" + "00", 257);
  header.write("root", 265);
  header.write("root", 297);
  // The sum is taken with blanks in its place.
  octal(header.reduce((sum, byte) => sum + byte, 0), 148, 7);
  return header;
}

/** What fills the last block of a file. */
export function tarPadding({ bytes }: Packed): Uint8Array {
  return new Uint8Array((BLOCK - bytes.length % BLOCK) % BLOCK);
}
