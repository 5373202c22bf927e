import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { S3Error } from "../../errors/s3-error.ts";

/**
 * Compares signatures without telling by time where they differ.
 * @throws S3Error SignatureDoesNotMatch
 */
export function requireSignature(given: string, expected: string): void {
  // UTF-8 keeps all characters apart; Latin-1 would take a foreign one for a digit.
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  if (a.length !== b.length || !timingSafeEqual(a, b)) throw new S3Error("SignatureDoesNotMatch");
}
