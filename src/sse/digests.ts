import { Buffer } from "node:buffer";
import { etagKey, type ObjectName } from "../crypto/kdf.ts";
import { randomBytes } from "../crypto/random.ts";
import type { Secret } from "../crypto/secret.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { ListedObject, ObjectRecord } from "../store/store.ts";
import { type DigestRest, isSealedMd5, opaqueMd5, sealMd5 } from "./digest-rest.ts";
import { rememberingEtags } from "./opened-etags.ts";
import { CLOSED_TEXTS, isSealedText, opaqueText, sealedTexts } from "./sealed-text.ts";

/** How the digests of one write rest. */
export interface DigestsOfWrite {
  /** Whether the ETag is the MD5 of the plaintext. */
  readonly needsMd5: boolean;
  /** ETag as stored and as shown, from the MD5 (16 bytes) where it is needed. */
  etag(md5: Uint8Array | undefined): { readonly stored: string; readonly shown: string };
  /** How everything else rests. */
  readonly rest: DigestRest;
}

/**
 * How a store keeps the digests of SSE-S3 objects. The embedded store seals them under a key of its own, so that a
 * listing needs no KMS; MinIO's layouts seal ETags under the object key.
 */
export interface Digests {
  /** Those of an SSE-S3 write, of an object or of one part of it. */
  ofWrite(object: ObjectName, objectKey: Secret): DigestsOfWrite;
  /**
   * Opens and seals what rests beside an SSE-S3 object or upload.
   * @param openKey opens its key; only for who needs it
   * @throws S3Error what `openKey` throws
   */
  beside(object: ObjectName, openKey: () => Promise<Secret>): Promise<DigestRest>;
  /**
   * The same for looking at an object: where the KMS does not give the key, what takes it stays closed.
   * @throws S3Error XMinioObjectTampered
   */
  ofRecord(record: ObjectRecord, openKey: () => Promise<Secret>): Promise<DigestRest>;
  /** ETags of listed objects as clients see them, in the order given. */
  listedEtags(objects: readonly ListedObject[], bucket: string): Promise<readonly string[]>;
  /**
   * Whether the record of every encrypted object carries a proof that it is as it was written (`record-seal`). MinIO's
   * layouts have none: what MinIO itself changes there would be taken for tampering.
   */
  readonly sealsRecords: boolean;
  /** What seals under the key of the store itself; `undefined` where there is none, or nothing to open it with. */
  readonly ofStore: DigestRest | undefined;
}

/** Digests under one key of the store. @param storeKey 32 bytes; `undefined` where there is no KMS to open it */
export function storeKeyDigests(storeKey: Secret | undefined): Digests {
  const rest = storeKey === undefined ? CLOSED_TEXTS : rememberingEtags(sealedTexts(storeKey));
  return {
    ofWrite: (object) => ({
      needsMd5: true,
      etag(md5) {
        if (md5 === undefined) throw new S3Error("InternalError", { cause: new Error("the MD5 is missing") });
        const shown = Buffer.from(md5).toString("hex");
        return { stored: rest.seal("etag", shown, object), shown };
      },
      rest,
    }),
    beside: async () => rest,
    ofRecord: async () => rest,
    listedEtags: async (objects, bucket) =>
      objects.map(({ key, etag }) => shownEtag(rest, etag, { bucket, key })),
    sealsRecords: true,
    ofStore: storeKey === undefined ? undefined : rest,
  };
}

/**
 * Digests of an SSE-C write: the ETag tells nothing of the plaintext. It is an AEAD tag, as MinIO has it. Everything
 * else rests under a key that only the customer's key leads to.
 */
export function customerDigests(objectKey: Secret): DigestsOfWrite {
  return {
    needsMd5: false,
    etag(md5) {
      const stored = sealMd5(objectKey, md5 ?? randomBytes(16));
      return { stored, shown: opaqueMd5(stored) };
    },
    rest: objectKeyTexts(objectKey),
  };
}

/** Texts under a key that the object key leads to. */
export function objectKeyTexts(objectKey: Secret): DigestRest {
  return sealedTexts(etagKey(objectKey));
}

/** A stored ETag as a client sees it. @param rest `undefined` where nothing can be opened */
export function shownEtag(rest: DigestRest | undefined, stored: string, object: ObjectName): string {
  const opened = rest?.open("etag", stored, object);
  if (opened !== undefined) return opened;
  if (isSealedText(stored)) return opaqueText(stored);
  return isSealedMd5(stored) ? opaqueMd5(stored) : stored;
}
