import { S3Error } from "../../errors/s3-error.ts";
import type { RequestHeaders } from "../../http/headers.ts";

/**
 * Checks the list of signed headers: each once and sent, `host` among them, and nothing of S3's own left unsigned.
 * Naming a header twice would make the canonical request grow far beyond what was sent.
 * @param names lower-case names as the client lists them
 * @param exempt a header of S3's own that the signature covers in another way
 * @throws S3Error SignatureDoesNotMatch for a name that is not there or there twice; AccessDenied for an unsigned header
 */
export function checkSignedHeaders(
  headers: RequestHeaders,
  names: readonly string[],
  exempt?: string,
): ReadonlySet<string> {
  const signed = new Set(names);
  if (signed.size !== names.length) throw new S3Error("SignatureDoesNotMatch");
  const left: string[] = signed.has("host") ? [] : ["host"];
  for (const name of headers.names()) {
    if (name.startsWith("x-amz-") && !signed.has(name) && name !== exempt) left.push(name);
  }
  if (left.length > 0) {
    throw new S3Error("AccessDenied", {
      message: "There were headers present in the request which were not signed",
      fields: { HeadersNotSigned: left.join(", ") },
    });
  }
  for (const name of names) {
    if (!headers.has(name)) throw new S3Error("SignatureDoesNotMatch");
  }
  return signed;
}
