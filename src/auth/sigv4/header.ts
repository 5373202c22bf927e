import { S3Error } from "../../errors/s3-error.ts";
import type { S3Request } from "../../http/request.ts";
import type { SigV4Context, VerifiedSignature } from "./context.ts";
import { canonicalRequest, stringToSign } from "./canonical.ts";
import { requireSignature } from "./compare.ts";
import { parseAmzDate } from "./date.ts";
import { parseScope, scopeText } from "./scope.ts";
import { checkSignedHeaders } from "./signed-headers.ts";
import { signature } from "./signing-key.ts";

/** Furthest that a client's clock may be from ours: 15 minutes, in milliseconds. */
export const MAX_SKEW = 15 * 60 * 1000;

/**
 * Verifies `Authorization: AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`.
 * @param payloadHash the value of `x-amz-content-sha256`
 * @throws S3Error AuthorizationHeaderMalformed, InvalidAccessKeyId, RequestTimeTooSkewed, SignatureDoesNotMatch ...
 */
export function verifyHeader(
  request: S3Request,
  authorization: string,
  payloadHash: string,
  context: SigV4Context,
): VerifiedSignature {
  const { credential, signedHeaders, given } = parseAuthorization(authorization);
  const scope = parseScope(credential, context.region, malformed);
  const { headers } = request;
  const date = headers.get("x-amz-date") ?? "";
  const signedAt = parseAmzDate(date);
  if (signedAt === undefined) {
    throw new S3Error("AccessDenied", {
      message: "AWS authentication requires a valid Date or x-amz-date header",
    });
  }
  if (!date.startsWith(scope.day)) throw malformed("The credential's date is not that of the request.");
  if (Math.abs(request.receivedAt - signedAt) > MAX_SKEW) throw skewed(date, request.receivedAt);
  const secretKey = context.credentials.lookup(scope.accessKey);
  if (secretKey === undefined) throw new S3Error("InvalidAccessKeyId");
  const signed = checkSignedHeaders(headers, signedHeaders);
  const { method, rawPath, query } = request;
  const canonical = canonicalRequest({
    method,
    rawPath,
    query: query.pairs(),
    headers,
    signedHeaders,
    payloadHash,
  });
  const signingKey = context.signingKeys.get(secretKey, scope);
  requireSignature(given, signature(signingKey, stringToSign(date, scopeText(scope), canonical)));
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

interface Authorization {
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly given: string;
}

function parseAuthorization(text: string): Authorization {
  const members = new Map<string, string>();
  for (const piece of text.slice("AWS4-HMAC-SHA256".length).split(",")) {
    const [, name, value] = /^\s*(Credential|SignedHeaders|Signature)=(\S+)\s*$/.exec(piece) ?? [];
    if (name === undefined || value === undefined || members.has(name)) throw malformed();
    members.set(name, value);
  }
  const credential = members.get("Credential");
  const names = members.get("SignedHeaders");
  const given = members.get("Signature");
  if (credential === undefined || names === undefined || given === undefined) throw malformed();
  return { credential, signedHeaders: names.split(";"), given };
}

function malformed(message?: string, fields?: Readonly<Record<string, string>>): S3Error {
  return new S3Error("AuthorizationHeaderMalformed", {
    ...(message === undefined ? {} : { message: `The authorization header is malformed; ${message}` }),
    ...(fields === undefined ? {} : { fields }),
  });
}

function skewed(date: string, now: number): S3Error {
  return new S3Error("RequestTimeTooSkewed", {
    fields: {
      RequestTime: date,
      ServerTime: new Date(now).toISOString(),
      MaxAllowedSkewMilliseconds: String(MAX_SKEW),
    },
  });
}
