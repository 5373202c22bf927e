import type { Secret } from "../../crypto/secret.ts";
import { S3Error } from "../../errors/s3-error.ts";
import type { CredentialStore } from "../credentials.ts";
import type { CredentialScope } from "../../sigv4/scope.ts";
import { signature, type SigningKeys } from "../../sigv4/signing-key.ts";
import { requireSignature } from "./compare.ts";

/** What every kind of verification needs. */
export interface SigV4Context {
  readonly credentials: CredentialStore;
  /** `undefined` for any. */
  readonly region: string | undefined;
  readonly signingKeys: SigningKeys;
}

/** A signature that fits, with what is needed to verify the signatures chained to it. */
export interface VerifiedSignature {
  readonly accessKey: string;
  readonly signedHeaders: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly signedAt: number;
  /** `YYYYMMDD'T'HHMMSS'Z'` as signed. */
  readonly date: string;
  readonly scope: CredentialScope;
  readonly signingKey: Secret;
  /** Seed of the chunk signatures. */
  readonly signature: string;
}

/**
 * The signing key of a scope.
 * @throws S3Error InvalidAccessKeyId
 */
export function signingKeyOf(scope: CredentialScope, { credentials, signingKeys }: SigV4Context): Secret {
  const secretKey = credentials.lookup(scope.accessKey);
  if (secretKey === undefined) {
    throw new S3Error("InvalidAccessKeyId", { fields: { AWSAccessKeyId: scope.accessKey } });
  }
  return signingKeys.get(secretKey, scope);
}

/** Whether `given` is the signature of `text`. @throws S3Error SignatureDoesNotMatch */
export function verifySignature(given: string, signingKey: Secret, text: string): void {
  requireSignature(given, signature(signingKey, text));
}
