import { Buffer } from "node:buffer";
import { tampered } from "../errors/tampered.ts";
import type { Metadata } from "../store/store.ts";

/** The metadata that tells how an object is sealed (minio-formats section 5). Names are MinIO's to the letter. */
const PREFIX = "X-Minio-Internal-Server-Side-Encryption-";
const IV = `${PREFIX}Iv`;
const ALGORITHM = `${PREFIX}Seal-Algorithm`;
const CUSTOMER_SEALED_KEY = `${PREFIX}Sealed-Key`;
const S3_SEALED_KEY = `${PREFIX}S3-Sealed-Key`;
const S3_KEY_ID = `${PREFIX}S3-Kms-Key-Id`;
const S3_SEALED_DATA_KEY = `${PREFIX}S3-Kms-Sealed-Key`;
const MULTIPART = "X-Minio-Internal-Encrypted-Multipart";
const ACTUAL_SIZE = "X-Minio-Internal-actual-size";

/** Our own: the proofs of a whole record, and of what an upload was begun with. MinIO passes over unknown names. */
export const RECORD_SEAL = "X-Minio-Internal-Record-Seal";
export const UPLOAD_SEAL = "X-Minio-Internal-Upload-Seal";
/** The proof of a record under a customer's key that came from another store: the store's own, which has not that key. */
export const ADOPTION_SEAL = "X-Minio-Internal-Adoption-Seal";

/** How the object key rests with an object. */
export interface SealedObjectKey {
  /** 32 bytes. */
  readonly iv: Uint8Array;
  /** `DAREv2-HMAC-SHA256` or `DARE-SHA256`. */
  readonly algorithm: string;
  /** 64 bytes. */
  readonly sealedKey: Uint8Array;
}

/** An object's encryption as its metadata tells it. */
export type Encryption =
  | { readonly kind: "none" }
  | { readonly kind: "sse-c"; readonly key: SealedObjectKey; readonly multipart: boolean }
  | {
    readonly kind: "sse-s3";
    readonly key: SealedObjectKey;
    readonly keyId: string;
    /** The KMS's own format. */
    readonly sealedDataKey: Uint8Array;
    readonly multipart: boolean;
  };

/** An encryption of one kind. */
export type EncryptedBy<Kind extends Encryption["kind"]> = Extract<Encryption, { kind: Kind }>;

/** An encryption that there is. */
export type Encrypted = Exclude<Encryption, { kind: "none" }>;

/** What kind of encryption metadata speaks of, without reading the keys: any trace of one counts (section 5). */
export function encryptionKind(metadata: Metadata): Encryption["kind"] {
  if (S3_SEALED_KEY in metadata || S3_KEY_ID in metadata || S3_SEALED_DATA_KEY in metadata) return "sse-s3";
  if (CUSTOMER_SEALED_KEY in metadata || IV in metadata || ALGORITHM in metadata || MULTIPART in metadata) {
    return "sse-c";
  }
  return "none";
}

/**
 * Reads an object's encryption.
 * @throws S3Error XMinioObjectTampered when members are missing or malformed
 */
export function readEncryption(metadata: Metadata): Encryption {
  const kind = encryptionKind(metadata);
  if (kind === "none") return { kind };
  const multipart = MULTIPART in metadata;
  const algorithm = metadata[ALGORITHM] ?? "";
  const iv = decode(metadata, IV, 32);
  if (kind === "sse-c") {
    return { kind, key: { iv, algorithm, sealedKey: decode(metadata, CUSTOMER_SEALED_KEY, 64) }, multipart };
  }
  const keyId = metadata[S3_KEY_ID];
  if (keyId === undefined) throw tampered(`${S3_KEY_ID} is missing`);
  return {
    kind,
    key: { iv, algorithm, sealedKey: decode(metadata, S3_SEALED_KEY, 64) },
    keyId,
    sealedDataKey: decode(metadata, S3_SEALED_DATA_KEY),
    multipart,
  };
}

/** The metadata that the client gave, without what is kept beside it. */
export function clientMetadata(metadata: Metadata): Metadata {
  return Object.fromEntries(
    Object.entries(metadata).filter(([name]) => !name.startsWith("X-Minio-Internal-")),
  );
}

/** The metadata of an encryption. */
export function encryptionMetadata(encryption: Encryption): Record<string, string> {
  if (encryption.kind === "none") return {};
  const { key, multipart } = encryption;
  return {
    [IV]: encode(key.iv),
    [ALGORITHM]: key.algorithm,
    ...(encryption.kind === "sse-c" ? { [CUSTOMER_SEALED_KEY]: encode(key.sealedKey) } : {
      [S3_SEALED_KEY]: encode(key.sealedKey),
      [S3_KEY_ID]: encryption.keyId,
      [S3_SEALED_DATA_KEY]: encode(encryption.sealedDataKey),
    }),
    ...(multipart ? { [MULTIPART]: "" } : {}),
  };
}

/** What a finished multipart object carries beside its encryption. @param size bytes of plaintext */
export function actualSizeMetadata(size: number): Record<string, string> {
  return { [ACTUAL_SIZE]: String(size) };
}

/** What metadata says of the upload that it comes from, to stand beside new keys. */
export function keptOfUpload(metadata: Metadata): Metadata {
  const names = new Set([ACTUAL_SIZE, UPLOAD_SEAL]);
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => names.has(name)));
}

function decode(metadata: Metadata, name: string, length?: number): Uint8Array {
  const text = metadata[name];
  if (text === undefined) throw tampered(`${name} is missing`);
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text || (length !== undefined && bytes.length !== length)) {
    throw tampered(`${name} is malformed`);
  }
  return bytes;
}

const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
