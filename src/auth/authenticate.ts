import { Buffer } from "node:buffer";
import { S3Error } from "../errors/s3-error.ts";
import type { S3Request } from "../http/request.ts";
import type { Authentication, Payload } from "./authentication.ts";
import type { CredentialStore } from "./credentials.ts";
import { chunkedPayload } from "./payload/chunked-payload.ts";
import { plainPayload } from "./payload/plain-payload.ts";
import type { SigV4Context, VerifiedSignature } from "./sigv4/context.ts";
import { verifyHeader } from "./sigv4/header.ts";
import { verifyForm } from "./sigv4/post.ts";
import { verifyPresigned } from "./sigv4/presigned.ts";
import { SigningKeys } from "./sigv4/signing-key.ts";

/** Whose signatures are accepted, and for which region. */
export interface AuthenticatorOptions {
  readonly credentials: CredentialStore;
  readonly region: string;
}

/** Finds out who sent a request and how its body is to be verified. */
export type Authenticator = (request: S3Request) => Authentication;

const UNSIGNED = "UNSIGNED-PAYLOAD";

/** Makes the authenticator. What it throws is an S3Error that says what is wrong, never what would have been right. */
export function createAuthenticator({ credentials, region }: AuthenticatorOptions): Authenticator {
  const context: SigV4Context = { credentials, region, signingKeys: new SigningKeys() };
  return (request) => {
    const { headers, query } = request;
    if (headers.all("authorization").length > 1 || headers.all("host").length > 1) {
      throw new S3Error("InvalidRequest", { message: "A header that may stand once was sent twice." });
    }
    const authorization = headers.get("authorization");
    const presigned = query.has("X-Amz-Algorithm") || query.has("X-Amz-Signature") ||
      query.has("X-Amz-Credential");
    if (authorization !== undefined) {
      if (presigned) {
        throw new S3Error("InvalidArgument", {
          message:
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query " +
            "string parameter or the Authorization header should be specified",
        });
      }
      return fromHeader(request, authorization, context);
    }
    if (presigned) return fromQuery(request, context);
    if (query.has("AWSAccessKeyId") && query.has("Signature")) throw new S3Error("UnsupportedSignature");
    return unsigned(request, context);
  };
}

function fromHeader(request: S3Request, authorization: string, context: SigV4Context): Authentication {
  if (!authorization.startsWith("AWS4-HMAC-SHA256 ")) {
    const other = /^AWS[ 4]/.test(authorization);
    throw new S3Error(
      other ? "UnsupportedSignature" : "InvalidArgument",
      other ? {} : {
        message: "Unsupported Authorization Type",
      },
    );
  }
  const declared = request.headers.get("x-amz-content-sha256");
  if (declared === undefined) {
    throw new S3Error("InvalidRequest", {
      message: "Missing required header for this request: x-amz-content-sha256",
    });
  }
  const verified = verifyHeader(request, authorization, declared, context);
  return signed("header", verified, signedPayload(request, declared, verified));
}

function fromQuery(request: S3Request, context: SigV4Context): Authentication {
  const declared = request.query.get("X-Amz-Content-Sha256") ?? request.headers.get("x-amz-content-sha256") ??
    UNSIGNED;
  const hash = /^STREAMING-/.test(declared) ? UNSIGNED : declared;
  const verified = verifyPresigned(request, hash, context);
  return signed("presigned", verified, signedPayload(request, declared, verified));
}

function signed(kind: "header" | "presigned", verified: VerifiedSignature, payload: Payload): Authentication {
  const { accessKey, signedHeaders, signedAt } = verified;
  return { kind, identity: { kind: "user", accessKey }, payload, signedHeaders, signedAt };
}

/** The verifier that the value of `x-amz-content-sha256` asks for. */
function signedPayload(request: S3Request, declared: string, seed: VerifiedSignature): Payload {
  switch (declared) {
    case UNSIGNED:
      return plainPayload(request, undefined);
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD":
      return chunkedPayload(request, { seed, withTrailers: false });
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER":
      return chunkedPayload(request, { seed, withTrailers: true });
    case "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
      return chunkedPayload(request, { seed: undefined, withTrailers: true });
  }
  if (!/^[0-9a-f]{64}$/.test(declared)) {
    throw new S3Error("InvalidArgument", {
      message: "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, " +
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
      fields: { ArgumentName: "x-amz-content-sha256" },
    });
  }
  return plainPayload(request, Buffer.from(declared, "hex"));
}

function unsigned(request: S3Request, context: SigV4Context): Authentication {
  const { headers, method, bucket, key } = request;
  const identity = { kind: "anonymous" } as const;
  const type = (headers.get("content-type") ?? "").trim().toLowerCase();
  if (method === "POST" && bucket !== "" && key === "" && type.startsWith("multipart/form-data")) {
    return {
      kind: "form",
      identity,
      payload: plainPayload(request, undefined),
      verifyForm: (fields) => verifyForm(fields, context),
    };
  }
  const declared = headers.get("x-amz-content-sha256");
  const chunked = declared === "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  return {
    kind: "anonymous",
    identity,
    payload: chunked
      ? chunkedPayload(request, { seed: undefined, withTrailers: true })
      : plainPayload(request, undefined),
  };
}
