import { Buffer } from "node:buffer";

/** What every data key that Vault sealed begins with, as bytes. */
const PREFIX = Buffer.from("vault:v");

/** Whether a sealed data key is Vault's, whatever Vault it was. */
export function isVaultCiphertext(sealed: Uint8Array): boolean {
  return PREFIX.equals(sealed.subarray(0, PREFIX.length));
}

/** The version of the key ring that a data key is sealed under; `undefined` for one that is not Vault's. */
export function ciphertextVersion(sealed: Uint8Array): number | undefined {
  const [, version] = /^vault:v(\d{1,9}):/.exec(Buffer.from(sealed.subarray(0, 20)).toString("latin1")) ?? [];
  return version === undefined ? undefined : Number(version);
}
