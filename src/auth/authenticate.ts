import { S3Error } from "../errors/s3-error.ts";
import { PACE_LIMITS, type PaceLimits } from "../http/pace.ts";
import type { S3Request } from "../http/request.ts";
import type { Authentication } from "./authentication.ts";
import type { CredentialStore } from "./credentials.ts";
import { payloadOf, UNSIGNED_PAYLOAD } from "./payload/payload.ts";
import { signatureVersion2 } from "./signature-version-2.ts";
import type { SigV4Context, VerifiedSignature } from "./sigv4/context.ts";
import { verifyHeader } from "./sigv4/header.ts";
import { verifyForm } from "./sigv4/post.ts";
import { verifyPresigned } from "./sigv4/presigned.ts";
import { EMPTY_SHA256 } from "../sigv4/canonical.ts";
import { SigningKeys } from "../sigv4/signing-key.ts";

/** Whose signatures are accepted, and for which region. */
export interface AuthenticatorOptions {
  readonly credentials: CredentialStore;
  /** `undefined` accepts signatures for any region. */
  readonly region: string | undefined;
  /** The clock, milliseconds since the epoch. By default a request is judged by the time at which it arrived. */
  readonly now?: () => number;
  /** What a client has to keep up with while it sends its body. */
  readonly uploadPace?: PaceLimits;
}

/** Finds out who sent a request and how its body is to be verified. */
export type Authenticator = (request: S3Request) => Authentication;

const ALGORITHM = "AWS4-HMAC-SHA256";

/**
 * Makes the authenticator. It throws an S3Error that says what is wrong with a request, never what would have been
 * right. It reads nothing of the body.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { credentials, region, now, uploadPace = PACE_LIMITS } = options;
  const context: SigV4Context = { credentials, region, signingKeys: new SigningKeys() };
  const timeOf = (request: S3Request) => now === undefined ? request.receivedAt : now();

  function fromHeader(request: S3Request, authorization: string): Authentication {
    const declared = declaredByHeader(request);
    const verified = verifyHeader(request, authorization, declared, context, timeOf(request));
    return signed("header", request, declared, verified);
  }

  function fromQuery(request: S3Request): Authentication {
    const declared = declaredByQuery(request);
    return signed(
      "presigned",
      request,
      declared,
      verifyPresigned(request, declared, context, timeOf(request)),
    );
  }

  function signed(
    kind: "header" | "presigned",
    request: S3Request,
    declared: string,
    verified: VerifiedSignature,
  ): Authentication {
    const { accessKey, signedHeaders, signedAt } = verified;
    const payload = payloadOf(request, declared, verified, uploadPace);
    return { kind, identity: { kind: "user", accessKey }, payload, signedHeaders, signedAt };
  }

  function unsigned(request: S3Request): Authentication {
    const identity = { kind: "anonymous" } as const;
    const declared = request.headers.get("x-amz-content-sha256") ?? UNSIGNED_PAYLOAD;
    const payload = payloadOf(request, declared, undefined, uploadPace);
    if (!carriesForm(request)) return { kind: "anonymous", identity, payload };
    return { kind: "form", identity, payload, verifyForm: (fields) => verifyForm(fields, context) };
  }

  return (request) => {
    const { headers, query } = request;
    refuseTwice(request, "authorization");
    refuseTwice(request, "host");
    const authorization = headers.get("authorization");
    const version4 = query.has("X-Amz-Algorithm") || query.has("X-Amz-Signature") ||
      query.has("X-Amz-Credential");
    const version2 = query.has("AWSAccessKeyId");
    if (authorization !== undefined) {
      if (version4 || version2) throw twoMechanisms();
      requireAlgorithm(authorization);
      return fromHeader(request, authorization);
    }
    if (version4) {
      if (version2) throw twoMechanisms();
      return fromQuery(request);
    }
    if (version2) throw signatureVersion2();
    return unsigned(request);
  };
}

/** An upload by a browser's form: its signature stands in the form itself. */
function carriesForm({ method, bucket, key, headers }: S3Request): boolean {
  return method === "POST" && bucket !== "" && key === "" &&
    /^[ \t]*multipart\/form-data/i.test(headers.get("content-type") ?? "");
}

/** Without the header there is no body, as with MinIO: Debian's curl signs so. */
function declaredByHeader({ headers }: S3Request): string {
  const declared = headers.get("x-amz-content-sha256");
  if (declared !== undefined) return declared;
  if (!headers.has("transfer-encoding") && Number(headers.get("content-length") ?? 0) === 0) {
    return EMPTY_SHA256;
  }
  throw new S3Error("InvalidRequest", {
    message: "Missing required header for this request: x-amz-content-sha256",
  });
}

function declaredByQuery({ headers, query }: S3Request): string {
  return query.get("X-Amz-Content-Sha256") ?? headers.get("x-amz-content-sha256") ?? UNSIGNED_PAYLOAD;
}

function requireAlgorithm(authorization: string): void {
  const [scheme = ""] = authorization.split(/[ \t]/, 1);
  if (scheme === ALGORITHM) return;
  if (scheme.startsWith("AWS")) throw signatureVersion2();
  throw new S3Error("InvalidArgument", {
    message: "Unsupported Authorization Type",
    fields: { ArgumentName: "Authorization" },
  });
}

function refuseTwice({ headers }: S3Request, name: string): void {
  if (headers.all(name).length < 2) return;
  throw new S3Error("InvalidRequest", { message: `The header ${name} was sent more than once.` });
}

function twoMechanisms(): S3Error {
  return new S3Error("InvalidArgument", {
    message:
      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter " +
      "or the Authorization header should be specified",
    fields: { ArgumentName: "Authorization" },
  });
}
