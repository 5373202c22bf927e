import { createHmac } from "node:crypto";
import { Secret } from "../crypto/secret.ts";
import type { CredentialScope } from "./scope.ts";

/** How many signing keys are remembered; each serves one access key for one day. */
const REMEMBERED = 1000;

/** Derives signing keys and remembers them, which saves four of the five HMACs of a signature. */
export class SigningKeys {
  readonly #known = new Map<string, { readonly of: Secret; readonly key: Secret }>();

  /** The key of a scope under a secret key. */
  get(secretKey: Secret, scope: CredentialScope): Secret {
    const name = `${scope.accessKey}/${scope.day}/${scope.region}`;
    const known = this.#known.get(name);
    if (known?.of === secretKey) return known.key;
    const key = deriveSigningKey(secretKey, scope);
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(name, { of: secretKey, key });
    return key;
  }
}

/** `HMAC(HMAC(HMAC(HMAC("AWS4" + secret, day), region), "s3"), "aws4_request")`. */
export function deriveSigningKey(
  secretKey: Secret,
  { day, region }: Pick<CredentialScope, "day" | "region">,
): Secret {
  const secret = secretKey.reveal();
  const first = new Uint8Array(4 + secret.length);
  first.set(new TextEncoder().encode("AWS4"));
  first.set(secret, 4);
  let key: Uint8Array = first;
  for (const step of [day, region, "s3", "aws4_request"]) {
    key = createHmac("sha256", key).update(step).digest();
  }
  return new Secret(key);
}

/** The signature of a string to sign: 64 hexadecimal digits. */
export function signature(signingKey: Secret, stringToSign: string): string {
  return createHmac("sha256", signingKey.reveal()).update(stringToSign).digest("hex");
}
