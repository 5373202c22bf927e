import { Buffer } from "node:buffer";
import { S3Error } from "../../errors/s3-error.ts";

/** The longest name of a file, in bytes. */
const MAX_NAME = 255;

/**
 * Checks that a key can be a path of this layout and is the only key of that path (minio-formats 8.3). MinIO once took
 * `a//b` for `a/b`; two names for one object would let a request slip past the policy of the other.
 * @throws S3Error XMinioInvalidObjectName, XMinioInvalidResourceName, KeyTooLongError
 */
export function checkObjectName(key: string): void {
  if (key.startsWith("/")) {
    throw new S3Error("XMinioInvalidObjectName", { message: "Object name contains a leading slash." });
  }
  if (key === "" || !key.isWellFormed() || key.includes("//") || /[\\\0]/.test(key)) {
    throw new S3Error("XMinioInvalidObjectName");
  }
  for (const element of key.split("/")) {
    if (element === "." || element === "..") throw new S3Error("XMinioInvalidResourceName");
    if (element.length > MAX_NAME || Buffer.byteLength(element) > MAX_NAME) {
      throw new S3Error("KeyTooLongError", {
        message: `Your key is too long: no part of it between slashes may exceed ${MAX_NAME} bytes here.`,
      });
    }
  }
}

/** Whether a key names a directory rather than a file. */
export function isDirectoryKey(key: string): boolean {
  return key.endsWith("/");
}

/** Whether a directory of this name is a bucket. MinIO once allowed more than S3 does today. */
export function isBucketName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._:-]{1,61}[A-Za-z0-9]$/.test(name) && !name.includes("..") &&
    name !== "minio";
}
