import { S3Error } from "../errors/s3-error.ts";

/** Names that MinIO keeps for itself. */
const RESERVED = new Set(["minio", ".minio.sys"]);

/**
 * Checks a bucket name against the rules of S3 for general purpose buckets.
 * @throws S3Error InvalidBucketName; AllAccessDisabled for MinIO's own names
 */
export function checkBucketName(bucket: string): void {
  if (RESERVED.has(bucket)) throw new S3Error("AllAccessDisabled");
  const wellFormed = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) &&
    !/\.\.|\.-|-\./.test(bucket) && !/^\d+\.\d+\.\d+\.\d+$/.test(bucket);
  if (!wellFormed) throw new S3Error("InvalidBucketName");
}

/** The longest key in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024;

/**
 * Checks an object key: 1 to 1024 bytes of UTF-8, anything else is legal.
 * @throws S3Error KeyTooLongError, XMinioInvalidObjectName
 */
export function checkKey(key: string): void {
  if (key === "" || !key.isWellFormed()) throw new S3Error("XMinioInvalidObjectName");
  if (key.length > MAX_KEY_BYTES || Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new S3Error("KeyTooLongError");
  }
}
