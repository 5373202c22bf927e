import { createHash } from "node:crypto";
import type { RequestHeaders } from "../../http/headers.ts";
import { percentDecode, percentEncode, percentEncodePath } from "../../http/percent.ts";

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
 * The canonical request of Signature Version 4 as S3 has it: the path is encoded once and never normalised.
 * @throws S3Error InvalidURI
 */
export function canonicalRequest(signable: Signable): string {
  const { method, rawPath, query, headers, signedHeaders, payloadHash } = signable;
  const headerLines = signedHeaders.map((name) => `${name}:${canonicalValue(headers, name)}\n`).join("");
  return `${method}\n${percentEncodePath(percentDecode(rawPath))}\n${
    canonicalQuery(query)
  }\n${headerLines}\n${signedHeaders.join(";")}\n${payloadHash}`;
}

/** The string to sign over a canonical request. */
export function stringToSign(amzDate: string, scope: string, canonical: string): string {
  return `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${sha256Hex(canonical)}`;
}

/** SHA-256 of a text in hexadecimal digits. */
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
  return headers.all(name).map((value) => value.trim().replace(/ {2,}/g, " ")).join(",");
}
