import { sign, verify } from "hono/jwt";
import type { Secret } from "../crypto/secret.ts";

/** Who `mc admin prometheus generate` says that made the token. */
const ISSUER = "prometheus";

const ALGORITHM = "HS512";

/** Seconds. As long as the tokens that `mc` makes: a new secret key is what ends them. */
const LIFETIME = 100 * 365 * 24 * 3600;

/** The bearer token for scraping, as `mc admin prometheus generate` makes it. @param now milliseconds since the epoch */
export function prometheusToken(accessKey: string, secretKey: Secret, now: number): Promise<string> {
  const claims = { exp: Math.floor(now / 1000) + LIFETIME, sub: accessKey, iss: ISSUER };
  return sign(claims, textOf(secretKey), ALGORITHM);
}

/** Whether the value of an Authorization header carries such a token of this user, still valid. */
export async function allowsScraping(
  authorization: string | undefined,
  accessKey: string,
  secretKey: Secret,
): Promise<boolean> {
  const [, token] = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? "") ?? [];
  if (token === undefined) return false;
  try {
    const { sub, exp } = await verify(token, textOf(secretKey), { alg: ALGORITHM, iss: ISSUER });
    return sub === accessKey && exp !== undefined;
  } catch {
    return false;
  }
}

function textOf(secret: Secret): string {
  return new TextDecoder().decode(secret.reveal());
}
