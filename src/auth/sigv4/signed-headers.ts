import { S3Error } from "../../errors/s3-error.ts";
import type { RequestHeaders } from "../../http/headers.ts";

/**
 * Checks the list of signed headers: well-formed, all there, `host` among them, and nothing of S3's own left unsigned.
 * @param names lower-case names as the client lists them
 * @throws S3Error SignatureDoesNotMatch for a name that is not there; AccessDenied for an unsigned header
 */
export function checkSignedHeaders(
  headers: RequestHeaders,
  names: readonly string[],
  exempt?: string,
): ReadonlySet<string> {
  const signed = new Set(names);
  if (!signed.has("host")) throw unsigned(["host"]);
  for (const name of names) {
    if (!headers.has(name)) throw new S3Error("SignatureDoesNotMatch");
  }
  const left = [...headers.names()].filter((name) =>
    name.startsWith("x-amz-") && !signed.has(name) && name !== exempt
  );
  if (left.length > 0) throw unsigned(left);
  return signed;
}

function unsigned(names: readonly string[]): S3Error {
  return new S3Error("AccessDenied", {
    message: "There were headers present in the request which were not signed",
    fields: { HeadersNotSigned: names.join(", ") },
  });
}
