import { TAG_SIZE } from "./aead.ts";
import { nativeAead } from "./aead-native.ts";
import { OVERHEAD } from "./dare.ts";
import { openSmall } from "./dare-reader.ts";
import { sealSmall } from "./dare-writer.ts";
import { TamperedError } from "./errors.ts";
import { etagKey } from "./kdf.ts";
import type { Secret } from "./secret.ts";

/** Bytes of the sealed MD5 of an object or part. */
export const SEALED_ETAG_SIZE = 16 + OVERHEAD;

/** Seals the MD5 (16 bytes) of an object, or of a part, under the key of the whole object. */
export function sealEtag(objectKey: Secret, md5: Uint8Array): Uint8Array {
  return sealSmall(nativeAead, etagKey(objectKey), md5);
}

/** Opens what `sealEtag` sealed. @throws TamperedError, UnsupportedError */
export function openEtag(objectKey: Secret, sealed: Uint8Array): Uint8Array {
  if (sealed.length !== SEALED_ETAG_SIZE) throw new TamperedError("a sealed ETag has another length");
  return openSmall(nativeAead, etagKey(objectKey), sealed, [0x20]);
}

/** The 16 bytes that stand for an ETag where its key is not at hand (SSE-C): the tag, different for every upload. */
export function opaqueEtag(sealed: Uint8Array): Uint8Array {
  return sealed.subarray(sealed.length - TAG_SIZE);
}
