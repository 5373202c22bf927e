import { Buffer } from "node:buffer";
import { opaqueEtag, openEtag, SEALED_ETAG_SIZE, sealEtag } from "../crypto/sealed-etag.ts";
import type { ObjectName } from "../crypto/kdf.ts";
import type { Secret } from "../crypto/secret.ts";

/** What a sealed text is, so that none can stand in for another. */
export type DigestKind = "etag" | "checksum";

/** What is proven: a whole record, what an upload was begun with, or a record that came from another store. */
export type ProofKind = "record" | "upload" | "adopted";

/**
 * How short texts that tell of the plaintext rest beside an object: sealed, since an MD5 tells a thief of the disk which
 * file it is.
 */
export interface DigestRest {
  seal(kind: DigestKind, text: string, object: ObjectName): string;
  /** `undefined` for a text that was not sealed here, as this kind and for this object. */
  open(kind: DigestKind, sealed: string, object: ObjectName): string | undefined;
  /** What only whoever has the key can make of what is said of this object; `undefined` without the key. */
  prove(kind: ProofKind, said: string, object: ObjectName): string | undefined;
}

const SEALED_MD5 = new RegExp(`^200[01][0-9a-f]{${2 * SEALED_ETAG_SIZE - 4}}$`);

/** Whether a stored ETag is an MD5 sealed under the object key, as MinIO seals it (minio-formats section 6). */
export function isSealedMd5(stored: string): boolean {
  return SEALED_MD5.test(stored);
}

/** MinIO's sealed ETag: 96 hexadecimal digits. @param md5 16 bytes */
export function sealMd5(objectKey: Secret, md5: Uint8Array): string {
  return Buffer.from(sealEtag(objectKey, md5)).toString("hex");
}

/** Opens MinIO's sealed ETag to 32 hexadecimal digits. @throws TamperedError */
export function openMd5(objectKey: Secret, stored: string): string {
  return Buffer.from(openEtag(objectKey, Buffer.from(stored, "hex"))).toString("hex");
}

/** What stands for a sealed MD5 where its key is not at hand: looks like one, and is another for every upload. */
export function opaqueMd5(stored: string): string {
  return Buffer.from(opaqueEtag(Buffer.from(stored, "hex"))).toString("hex");
}
