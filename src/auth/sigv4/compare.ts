import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { S3Error } from "../../errors/s3-error.ts";

/**
 * Compares signatures without telling by time where they differ.
 * @throws S3Error SignatureDoesNotMatch
 */
export function requireSignature(given: string, expected: string): void {
  const a = Buffer.from(given, "latin1");
  const b = Buffer.from(expected, "latin1");
  if (a.length !== b.length || !timingSafeEqual(a, b)) throw new S3Error("SignatureDoesNotMatch");
}
