import type { Secret } from "../crypto/secret.ts";

/** Who may sign requests. */
export interface CredentialStore {
  /** The secret key of an access key, `undefined` for one that does not exist. */
  lookup(accessKey: string): Secret | undefined;
}

/** A pair of access key and secret key. */
export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: Secret;
}

/** Credentials that stay what they are for the life of the process. */
export function staticCredentials(pairs: readonly Credentials[]): CredentialStore {
  const secrets = new Map(pairs.map(({ accessKey, secretKey }) => [accessKey, secretKey]));
  return { lookup: (accessKey) => secrets.get(accessKey) };
}
