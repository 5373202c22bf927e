import type { Secret } from "../../crypto/secret.ts";
import type { CredentialStore } from "../credentials.ts";
import type { CredentialScope } from "./scope.ts";
import type { SigningKeys } from "./signing-key.ts";

/** What every kind of verification needs. */
export interface SigV4Context {
  readonly credentials: CredentialStore;
  readonly region: string;
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
