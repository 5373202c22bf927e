import { S3Error } from "../../errors/s3-error.ts";
import type { S3Request } from "../../http/request.ts";
import { canonicalRequest, stringToSign } from "../../sigv4/canonical.ts";
import { signingKeyOf, type SigV4Context, type VerifiedSignature, verifySignature } from "./context.ts";
import { parseAmzDate } from "../../sigv4/amz-date.ts";
import { MAX_SKEW } from "./header.ts";
import { acceptedRegions, parseScope, type ScopeFault } from "./scope.ts";
import { scopeText } from "../../sigv4/scope.ts";
import { checkSignedHeaders } from "./signed-headers.ts";

/** Longest life of a presigned URL in seconds: 7 days. */
const MAX_EXPIRES = 7 * 24 * 60 * 60;

/**
 * Verifies a presigned URL. The header `x-amz-content-sha256` need not be among the signed ones: its value is the
 * last line of the canonical request, unless the query names one, which then counts alone.
 * @param payloadHash last line of the canonical request: `UNSIGNED-PAYLOAD`, or what was declared instead
 * @param now milliseconds since the epoch
 * @throws S3Error AuthorizationQueryParametersError, AccessDenied (expired, not valid yet, headers not signed),
 * InvalidAccessKeyId, SignatureDoesNotMatch
 */
export function verifyPresigned(
  request: S3Request,
  payloadHash: string,
  context: SigV4Context,
  now: number,
): VerifiedSignature {
  const { query, headers, method, rawPath } = request;
  const required = (name: string): string => {
    const value = query.get(name);
    if (value === undefined || value === "") throw new S3Error("AuthorizationQueryParametersError");
    return value;
  };
  if (required("X-Amz-Algorithm") !== "AWS4-HMAC-SHA256") {
    throw wrong('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  }
  const credential = required("X-Amz-Credential");
  const given = required("X-Amz-Signature");
  const date = required("X-Amz-Date");
  const signedHeaders = required("X-Amz-SignedHeaders").split(";");
  const expires = lifetime(required("X-Amz-Expires"));
  const scope = parseScope(credential, acceptedRegions(request, context.region), malformedCredential);
  const signedAt = parseAmzDate(date);
  if (signedAt === undefined) {
    throw wrong("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  if (!date.startsWith(scope.day)) {
    throw malformedCredential(
      `Invalid credential date "${scope.day}". This date is not the same as X-Amz-Date: "${
        date.slice(0, 8)
      }".`,
    );
  }
  checkTime(now, signedAt, expires);
  const signingKey = signingKeyOf(scope, context);
  const signed = checkSignedHeaders(headers, signedHeaders, "x-amz-content-sha256");
  const pairs = query.pairs().filter(([name]) => name !== "X-Amz-Signature");
  const canonical = canonicalRequest({ method, rawPath, query: pairs, headers, signedHeaders, payloadHash });
  verifySignature(given, signingKey, stringToSign(date, scopeText(scope), canonical));
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

/** Seconds that a URL is good for. */
function lifetime(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw wrong("X-Amz-Expires should be a number");
  const seconds = Number(text);
  if (seconds < 1) throw wrong("X-Amz-Expires must be a positive number of seconds");
  if (seconds > MAX_EXPIRES) {
    throw wrong(`X-Amz-Expires must be less than a week (in seconds); that is, less than ${MAX_EXPIRES}`);
  }
  return seconds;
}

function checkTime(now: number, signedAt: number, expires: number): void {
  if (signedAt - now > MAX_SKEW) {
    throw new S3Error("AccessDenied", { message: "Request is not valid yet" });
  }
  const end = signedAt + expires * 1000;
  if (now <= end) return;
  throw new S3Error("AccessDenied", {
    message: "Request has expired",
    fields: {
      "X-Amz-Expires": String(expires),
      Expires: new Date(end).toISOString(),
      ServerTime: new Date(now).toISOString(),
    },
  });
}

function wrong(message: string): S3Error {
  return new S3Error("AuthorizationQueryParametersError", { message });
}

const malformedCredential: ScopeFault = (what, detail) =>
  new S3Error("AuthorizationQueryParametersError", {
    message: `Error parsing the X-Amz-Credential parameter; ${what}`,
    ...detail,
  });
