import { ciphertextVersion } from "../kms/vault/ciphertext.ts";
import type { Metadata } from "../store/store.ts";
import { readEncryption } from "./metadata.ts";

/** What the data key of an object or upload is sealed under, as its metadata tells without any key. */
export type SealedUnder = { readonly kind: "none" | "sse-c" } | ({ readonly kind: "sse-s3" } & KmsKey);

/** A key of a KMS, in one of its versions where it has versions. */
export interface KmsKey {
  readonly keyId: string;
  readonly version?: number;
}

/** @throws S3Error XMinioObjectTampered when members are missing or malformed */
export function sealedUnder(metadata: Metadata): SealedUnder {
  const encryption = readEncryption(metadata);
  if (encryption.kind !== "sse-s3") return { kind: encryption.kind };
  return { kind: "sse-s3", ...kmsKey(encryption.keyId, encryption.sealedDataKey) };
}

/** The key that a sealed data key tells of. */
export function kmsKey(keyId: string, sealed: Uint8Array): KmsKey {
  const version = ciphertextVersion(sealed);
  return version === undefined ? { keyId } : { keyId, version };
}
