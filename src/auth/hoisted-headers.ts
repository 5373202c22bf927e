import { Buffer } from "node:buffer";
import { S3Error } from "../errors/s3-error.ts";
import type { S3Request } from "../http/request.ts";

/**
 * Names that a presigned URL may carry but that are no headers: those of the signature itself, and checksums. SDKs put
 * the checksum of an empty body into URLs that are meant for a body to come, so S3 does not hold it against that body.
 */
const NOT_HEADERS =
  /^x-amz-(?:algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|checksum-.*|sdk-checksum-algorithm)$/;

/**
 * A presigned request with the headers that its signer moved into the query: `x-amz-meta-*`,
 * `x-amz-server-side-encryption` ... A header that the request itself sends stands above them.
 * @param request one whose presigned URL was verified
 * @throws S3Error InvalidArgument for a value that no header can carry
 */
export function withHoistedHeaders(request: S3Request): S3Request {
  const hoisted: Record<string, string> = {};
  for (const [name, value] of request.query.pairs()) {
    const lower = name.toLowerCase();
    if (!lower.startsWith("x-amz-") || NOT_HEADERS.test(lower) || request.headers.has(lower)) continue;
    hoisted[lower] = headerText(lower, value);
  }
  if (Object.keys(hoisted).length === 0) return request;
  return { ...request, headers: request.headers.with(hoisted) };
}

/** Header text is bytes, one Latin-1 character each. */
function headerText(name: string, value: string): string {
  if (/\p{Cc}/u.test(value)) {
    throw new S3Error("InvalidArgument", {
      message: `The value of ${name} holds characters that a header cannot carry.`,
      fields: { ArgumentName: name },
    });
  }
  return Buffer.from(value).toString("latin1");
}
