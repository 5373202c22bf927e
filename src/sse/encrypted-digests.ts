import { Buffer } from "node:buffer";
import { etagKey, type ObjectName } from "../crypto/kdf.ts";
import { randomBytes } from "../crypto/random.ts";
import type { Secret } from "../crypto/secret.ts";
import { S3Error } from "../errors/s3-error.ts";
import { type DigestRest, isSealedMd5, opaqueMd5, sealMd5 } from "./digest-rest.ts";
import type { DigestsOfWrite } from "./encrypting.ts";
import { isSealedText, opaqueDigest, storeKeyRest } from "./store-key.ts";

/** Digests of an SSE-S3 write: the ETag is the MD5 of the plaintext, and rests sealed. */
export function kmsDigests(rest: DigestRest, object: ObjectName): DigestsOfWrite {
  return {
    needsMd5: true,
    etag(md5) {
      if (md5 === undefined) throw new S3Error("InternalError", { cause: new Error("the MD5 is missing") });
      const shown = Buffer.from(md5).toString("hex");
      return { stored: rest.seal(shown, object), shown };
    },
    sealChecksum: (value) => rest.seal(value, object),
  };
}

/**
 * Digests of an SSE-C write: the ETag tells nothing of the plaintext. It is an AEAD tag, as MinIO has it.
 * Checksums are sealed under the object key, which only the customer's key opens.
 */
export function customerDigests(objectKey: Secret, object: ObjectName): DigestsOfWrite {
  return {
    needsMd5: false,
    etag(md5) {
      const stored = sealMd5(objectKey, md5 ?? randomBytes(16));
      return { stored, shown: opaqueMd5(stored) };
    },
    sealChecksum: (value) => customerRest(objectKey).seal(value, object),
  };
}

/** How checksums of an SSE-C object rest: under a key that only the customer's key leads to. */
export function customerRest(objectKey: Secret): DigestRest {
  return storeKeyRest(etagKey(objectKey));
}

/** A stored ETag as it can be shown without the object's key. */
export function shownEtag(rest: DigestRest, stored: string, object: ObjectName): string {
  if (isSealedText(stored)) return rest.open(stored, object) ?? opaqueDigest(stored);
  return isSealedMd5(stored) ? opaqueMd5(stored) : stored;
}
