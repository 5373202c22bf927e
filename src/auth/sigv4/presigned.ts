import { S3Error } from "../../errors/s3-error.ts";
import type { S3Request } from "../../http/request.ts";
import { canonicalRequest, stringToSign } from "./canonical.ts";
import { requireSignature } from "./compare.ts";
import type { SigV4Context, VerifiedSignature } from "./context.ts";
import { parseAmzDate } from "./date.ts";
import { MAX_SKEW } from "./header.ts";
import { parseScope, scopeText } from "./scope.ts";
import { checkSignedHeaders } from "./signed-headers.ts";
import { signature } from "./signing-key.ts";

/** Longest life of a presigned URL in seconds: 7 days. */
const MAX_EXPIRES = 7 * 24 * 60 * 60;

/**
 * Verifies a presigned URL.
 * @param payloadHash last line of the canonical request: `UNSIGNED-PAYLOAD`, or the hash that was signed along
 * @throws S3Error AuthorizationQueryParametersError, ExpiredPresignRequest, InvalidAccessKeyId, SignatureDoesNotMatch ...
 */
export function verifyPresigned(
  request: S3Request,
  payloadHash: string,
  context: SigV4Context,
): VerifiedSignature {
  const { query, headers, method, rawPath } = request;
  const required = (name: string): string => {
    const value = query.get(name);
    if (value === undefined || value === "") throw malformed();
    return value;
  };
  if (required("X-Amz-Algorithm") !== "AWS4-HMAC-SHA256") {
    throw malformed('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  }
  const scope = parseScope(required("X-Amz-Credential"), context.region, malformed);
  const date = required("X-Amz-Date");
  const signedHeaders = required("X-Amz-SignedHeaders").split(";");
  const given = required("X-Amz-Signature");
  const expires = required("X-Amz-Expires");
  const signedAt = parseAmzDate(date);
  if (signedAt === undefined || !date.startsWith(scope.day)) {
    throw malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  if (!/^\d{1,7}$/.test(expires)) throw malformed("X-Amz-Expires should be a number");
  if (Number(expires) > MAX_EXPIRES) {
    throw malformed("X-Amz-Expires must be less than a week (in seconds) that is 604800");
  }
  const secretKey = context.credentials.lookup(scope.accessKey);
  if (secretKey === undefined) throw new S3Error("InvalidAccessKeyId");
  const signed = checkSignedHeaders(headers, signedHeaders, "x-amz-content-sha256");
  const pairs = query.pairs().filter(([name]) => name !== "X-Amz-Signature");
  const canonical = canonicalRequest({ method, rawPath, query: pairs, headers, signedHeaders, payloadHash });
  const signingKey = context.signingKeys.get(secretKey, scope);
  requireSignature(given, signature(signingKey, stringToSign(date, scopeText(scope), canonical)));
  checkTime(request.receivedAt, signedAt, Number(expires));
  return {
    accessKey: scope.accessKey,
    signedHeaders: signed,
    signedAt,
    date,
    scope,
    signingKey,
    signature: given,
  };
}

function checkTime(now: number, signedAt: number, expires: number): void {
  if (signedAt - now > MAX_SKEW) {
    throw new S3Error("AccessDenied", { message: "Request is not valid yet" });
  }
  const end = signedAt + expires * 1000;
  if (now <= end) return;
  throw new S3Error("ExpiredPresignRequest", {
    fields: { Expires: new Date(end).toISOString(), ServerTime: new Date(now).toISOString() },
  });
}

function malformed(message?: string, fields?: Readonly<Record<string, string>>): S3Error {
  return new S3Error("AuthorizationQueryParametersError", {
    ...(message === undefined ? {} : { message }),
    ...(fields === undefined ? {} : { fields }),
  });
}
