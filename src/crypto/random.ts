import { webcrypto } from "node:crypto";

/** Fresh random bytes from the system's generator. */
export function randomBytes(length: number): Uint8Array {
  return webcrypto.getRandomValues(new Uint8Array(length));
}
