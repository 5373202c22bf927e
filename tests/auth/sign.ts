import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { Secret } from "../../src/crypto/secret.ts";
import { RequestHeaders } from "../../src/http/headers.ts";
import { QueryParameters } from "../../src/http/query.ts";
import { canonicalRequest, EMPTY_SHA256, stringToSign } from "../../src/sigv4/canonical.ts";
import { formatAmzDate } from "../../src/sigv4/amz-date.ts";
import { deriveSigningKey, signature } from "../../src/sigv4/signing-key.ts";

/** A request to sign, its path and query as they go on the wire. */
export interface ToSign {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  /** Milliseconds since the epoch; now unless given. */
  readonly time?: number;
}

/** The headers with `authorization` added, and `x-amz-date` unless there is a `date`; names in lower case. */
export function signHeaders(request: ToSign): Record<string, string> {
  const { date, scope, key } = scopeOf(request);
  const headers: Record<string, string> = "date" in request.headers ? {} : { "x-amz-date": date };
  for (const [name, value] of Object.entries(request.headers)) headers[name.toLowerCase()] = value;
  const signedHeaders = Object.keys(headers).sort();
  const canonical = canonicalRequest({
    method: request.method,
    rawPath: request.path,
    query: QueryParameters.parse(request.query).pairs(),
    headers: new RequestHeaders(Object.entries(headers).flat()),
    signedHeaders,
    payloadHash: headers["x-amz-content-sha256"] ?? EMPTY_SHA256,
  });
  const given = signature(key, stringToSign(headers["x-amz-date"] ?? date, scope, canonical));
  headers["authorization"] = `AWS4-HMAC-SHA256 Credential=${request.accessKey}/${scope}, SignedHeaders=${
    signedHeaders.join(";")
  }, Signature=${given}`;
  return headers;
}

/** The query of a presigned URL, all headers given signed along. @param expires in seconds, or any text to sign */
export function presign(request: ToSign, expires: number | string): string {
  const { date, scope, key } = scopeOf(request);
  const headers = new RequestHeaders(Object.entries(request.headers).flat());
  const signedHeaders = [...headers.names()].sort();
  const own = [
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", `${request.accessKey}/${scope}`],
    ["X-Amz-Date", date],
    ["X-Amz-Expires", String(expires)],
    ["X-Amz-SignedHeaders", signedHeaders.join(";")],
  ].map(([name = "", value = ""]) => `${name}=${encodeURIComponent(value)}`);
  const query = [...(request.query === "" ? [] : [request.query]), ...own].join("&");
  const parsed = QueryParameters.parse(query);
  const canonical = canonicalRequest({
    method: request.method,
    rawPath: request.path,
    query: parsed.pairs(),
    headers,
    signedHeaders,
    payloadHash: parsed.get("X-Amz-Content-Sha256") ?? headers.get("x-amz-content-sha256") ??
      "UNSIGNED-PAYLOAD",
  });
  return `${query}&X-Amz-Signature=${signature(key, stringToSign(date, scope, canonical))}`;
}

/** What to put into a chunked body. */
export interface ToChunk {
  /** Without the last, empty one. */
  readonly chunks: readonly Uint8Array[];
  /** Name and value of each. */
  readonly trailers?: readonly (readonly [string, string])[];
  /** How a trailing line ends: MinIO's clients write LF CRLF. */
  readonly trailerEnd?: "\r\n" | "\n\r\n";
}

/** An aws-chunked body without signatures. */
export function unsignedChunks({ chunks, trailers, trailerEnd = "\r\n" }: ToChunk): Buffer {
  const pieces = chunks.map((chunk) => Buffer.concat([line(chunk.length.toString(16)), chunk, line("")]));
  const lines = (trailers ?? []).map(([name, value]) => Buffer.from(`${name}:${value}${trailerEnd}`));
  return Buffer.concat([...pieces, line("0"), ...lines, line("")]);
}

/**
 * An aws-chunked body whose signatures continue that of the request. Trailers are signed when they are given.
 * @param headers of the request, as `signHeaders` made them
 */
export function signedChunks(
  request: ToSign,
  headers: Readonly<Record<string, string>>,
  { chunks, trailers, trailerEnd = "\r\n" }: ToChunk,
): Buffer {
  const { date, scope, key } = scopeOf(request);
  let previous = /Signature=([0-9a-f]{64})/.exec(headers["authorization"] ?? "")?.[1] ?? "";
  const pieces = [...chunks, new Uint8Array()].map((chunk) => {
    previous = signature(
      key,
      `AWS4-HMAC-SHA256-PAYLOAD\n${date}\n${scope}\n${previous}\n${EMPTY_SHA256}\n${sha256(chunk)}`,
    );
    const end = chunk.length === 0 && trailers !== undefined ? [] : [line("")];
    return Buffer.concat([line(`${chunk.length.toString(16)};chunk-signature=${previous}`), chunk, ...end]);
  });
  if (trailers === undefined) return Buffer.concat(pieces);
  const covered = trailers.map(([name, value]) => `${name}:${value}\n`).join("");
  const given = signature(
    key,
    `AWS4-HMAC-SHA256-TRAILER\n${date}\n${scope}\n${previous}\n${sha256(Buffer.from(covered))}`,
  );
  const lines = trailers.map(([name, value]) => Buffer.from(`${name}:${value}${trailerEnd}`));
  return Buffer.concat([...pieces, ...lines, line(`x-amz-trailer-signature:${given}`), line("")]);
}

function scopeOf({ time, region, secretKey }: ToSign) {
  const date = formatAmzDate(time ?? Date.now());
  const day = date.slice(0, 8);
  const key = deriveSigningKey(Secret.fromText(secretKey), { day, region });
  return { date, scope: `${day}/${region}/s3/aws4_request`, key };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function line(text: string): Buffer {
  return Buffer.from(`${text}\r\n`);
}
