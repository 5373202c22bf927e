import type { Authentication } from "../../src/auth/authentication.ts";
import { createAuthenticator } from "../../src/auth/authenticate.ts";
import { staticCredentials } from "../../src/auth/credentials.ts";
import { Secret } from "../../src/crypto/secret.ts";
import { failure, fakeRequest } from "./fake-request.ts";
import { presign, signHeaders, type ToSign } from "./sign.ts";

/** The time of the tests' server. */
export const NOW = Date.UTC(2026, 2, 4, 5, 6, 7);
export const MINUTE = 60_000;
const SECRET = "a secret key of forty characters, almost";
const SIGNER = { accessKey: "AKEY", secretKey: SECRET, region: "eu-west-1", time: NOW };
/** A request that verifies once it is signed. */
export const BASE: ToSign = {
  ...SIGNER,
  method: "GET",
  path: "/box/key",
  query: "",
  headers: { "host": "localhost", "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
};

/** Knows `AKEY` and lives in eu-west-1 at `NOW`. */
export const authenticate = createAuthenticator({
  credentials: staticCredentials([{ accessKey: "AKEY", secretKey: Secret.fromText(SECRET) }]),
  region: "eu-west-1",
  now: () => NOW,
});

/** Names and values; a name stands once. */
export type Headers = Record<string, string>;

/** Signs `BASE` with changes, lets `after` change what was signed, and asks who sent it. */
export function byHeader(
  changes: Partial<ToSign> = {},
  after: (headers: Headers) => Headers | [string, string][] = (headers) => headers,
): Authentication {
  const signed = { ...BASE, ...changes };
  const headers = after(signHeaders(signed));
  const target = signed.query === "" ? signed.path : `${signed.path}?${signed.query}`;
  return authenticate(fakeRequest({ method: signed.method, target, headers }).request);
}

/** The same for a presigned URL. */
export function byQuery(
  changes: Partial<ToSign> = {},
  { expires = 60, after = (query) => query, headers = {} }: {
    readonly expires?: number | string;
    readonly after?: (query: string) => string;
    readonly headers?: Headers;
  } = {},
): Authentication {
  const signed = { ...BASE, headers: { host: "localhost" }, ...changes };
  const target = `${signed.path}?${after(presign(signed, expires))}`;
  return authenticate(
    fakeRequest({ method: signed.method, target, headers: { ...signed.headers, ...headers } }).request,
  );
}

/** Changes the Authorization header. */
export const replaced = (from: string | RegExp, to: string) => (headers: Headers): Headers => ({
  ...headers,
  authorization: (headers["authorization"] ?? "").replace(from, to),
});

/** Leaves one away. */
export function without(name: string) {
  return (headers: Headers): Headers =>
    Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name));
}

/** `403 AccessDenied`: what `run` is refused with. */
export async function answers(run: () => unknown): Promise<string> {
  const { code, status } = await failure(run);
  return `${status} ${code}`;
}

/** Sends one twice. */
export function twice(name: string) {
  return (headers: Headers): [string, string][] => {
    const all = Object.entries(headers);
    return [...all, ...all.filter(([other]) => other === name)];
  };
}
