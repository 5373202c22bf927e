import { S3Error } from "../../errors/s3-error.ts";
import type { S3Request } from "../../http/request.ts";
import { canonicalRequest, stringToSign } from "../../sigv4/canonical.ts";
import { signingKeyOf, type SigV4Context, type VerifiedSignature, verifySignature } from "./context.ts";
import { signingTime } from "./date.ts";
import { acceptedRegions, parseScope, type ScopeFault } from "./scope.ts";
import { scopeText } from "../../sigv4/scope.ts";
import { checkSignedHeaders } from "./signed-headers.ts";

/** Furthest that a client's clock may be from ours: 15 minutes, in milliseconds. */
export const MAX_SKEW = 15 * 60 * 1000;

/**
 * Verifies `Authorization: AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`.
 * @param payloadHash the value of `x-amz-content-sha256`
 * @param now milliseconds since the epoch
 * @throws S3Error AuthorizationHeaderMalformed, InvalidAccessKeyId, RequestTimeTooSkewed, SignatureDoesNotMatch,
 * AccessDenied
 */
export function verifyHeader(
  request: S3Request,
  authorization: string,
  payloadHash: string,
  context: SigV4Context,
  now: number,
): VerifiedSignature {
  const { credential, signedHeaders, given } = parseAuthorization(authorization);
  const scope = parseScope(credential, acceptedRegions(request, context.region), malformed);
  const { method, rawPath, query, headers } = request;
  const date = signingTime(headers);
  if (date === undefined) {
    throw new S3Error("AccessDenied", {
      message: "AWS authentication requires a valid Date or x-amz-date header",
    });
  }
  if (!date.text.startsWith(scope.day)) {
    throw malformed(
      `Invalid credential date "${scope.day}". This date is not the same as X-Amz-Date: "${
        date.text.slice(0, 8)
      }".`,
    );
  }
  if (Math.abs(now - date.time) > MAX_SKEW) throw skewed(date.text, now);
  const signingKey = signingKeyOf(scope, context);
  const signed = checkSignedHeaders(headers, signedHeaders);
  const canonical = canonicalRequest({
    method,
    rawPath,
    query: query.pairs(),
    headers,
    signedHeaders,
    payloadHash,
  });
  verifySignature(given, signingKey, stringToSign(date.text, scopeText(scope), canonical));
  return {
    accessKey: scope.accessKey,
    signedHeaders: signed,
    signedAt: date.time,
    date: date.text,
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

/** The three members in any order, each once, blanks around the commas allowed. */
function parseAuthorization(text: string): Authorization {
  const members = new Map<string, string>();
  for (const piece of text.slice("AWS4-HMAC-SHA256".length).split(",")) {
    const [, name, value] = /^[ \t]*(Credential|SignedHeaders|Signature)=([^ \t]+)[ \t]*$/.exec(piece) ?? [];
    if (name === undefined || value === undefined || members.has(name)) throw incomplete();
    members.set(name, value);
  }
  const credential = members.get("Credential");
  const names = members.get("SignedHeaders");
  const given = members.get("Signature");
  if (credential === undefined || names === undefined || given === undefined) throw incomplete();
  return { credential, signedHeaders: names.split(";"), given };
}

function incomplete(): S3Error {
  return new S3Error("AuthorizationHeaderMalformed");
}

const malformed: ScopeFault = (wrong, detail) =>
  new S3Error("AuthorizationHeaderMalformed", {
    message: `The authorization header is malformed; ${wrong}`,
    ...detail,
  });

function skewed(date: string, now: number): S3Error {
  return new S3Error("RequestTimeTooSkewed", {
    fields: {
      RequestTime: date,
      ServerTime: new Date(now).toISOString(),
      MaxAllowedSkewMilliseconds: String(MAX_SKEW),
    },
  });
}
