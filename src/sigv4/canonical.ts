import { createHash } from "node:crypto";
import type { RequestHeaders } from "../http/headers.ts";
import { percentDecode, percentEncode, percentEncodePath } from "../http/percent.ts";

/** What a signature covers of a request. */
export interface Signable {
  readonly method: string;
  /** Path as sent. */
  readonly rawPath: string;
  /** Query pairs, decoded. */
  readonly query: readonly (readonly [string, string])[];
  readonly headers: RequestHeaders;
  /** Lower-case names in order. */
  readonly signedHeaders: readonly string[];
  /** Last line of the canonical request. */
  readonly payloadHash: string;
}

/** SHA-256 of no bytes at all. */
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/**
 * The canonical request of Signature Version 4 as S3 has it: the path is encoded once and never normalised, so that
 * however a client escapes its key, the key that is used is the key that was signed.
 * @throws S3Error InvalidURI
 */
export function canonicalRequest(signable: Signable): string {
  const { method, rawPath, query, headers, signedHeaders, payloadHash } = signable;
  let headerLines = "";
  for (const name of signedHeaders) headerLines += `${name}:${canonicalValue(headers, name)}\n`;
  const path = percentEncodePath(percentDecode(rawPath));
  return `${method}\n${path}\n${canonicalQuery(query)}\n${headerLines}\n${
    signedHeaders.join(";")
  }\n${payloadHash}`;
}

/** The string to sign over a canonical request. */
export function stringToSign(amzDate: string, scope: string, canonical: string): string {
  return `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${sha256Hex(canonical)}`;
}

/** SHA-256 of a text in hexadecimal digits. Header values are Latin-1, one character for each byte of the wire. */
export function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "latin1").digest("hex");
}

function canonicalQuery(query: Signable["query"]): string {
  if (query.length === 0) return "";
  return query
    .map(([name, value]): [string, string] => [percentEncode(name), percentEncode(value)])
    .sort(([a, x], [b, y]) => a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Each value trimmed with runs of blanks as one; several values of one name joined with commas. */
function canonicalValue(headers: RequestHeaders, name: string): string {
  const values = headers.all(name);
  return values.length === 1 ? trimmed(values[0] ?? "") : values.map(trimmed).join(",");
}

/** Only blanks and tabs go: `trim()` would also take 0xA0, which ends many a UTF-8 character. */
function trimmed(value: string): string {
  if (!/[ \t]/.test(value)) return value;
  const single = value.replace(/[ \t]+/g, " ");
  return single.slice(single.startsWith(" ") ? 1 : 0, single.endsWith(" ") ? -1 : undefined);
}
