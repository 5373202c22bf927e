import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { EMPTY_SHA256 } from "../../../sigv4/canonical.ts";
import type { SignatureChain } from "./signer.ts";

/** The body of a request. Bytes can be sent again, a stream cannot. */
export type RequestBody =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | {
    readonly kind: "stream";
    readonly length: number;
    readonly chunks: AsyncIterable<Uint8Array>;
    /** A header that is known only at the end. */
    readonly trailer?: { readonly name: string; readonly value: () => string };
  };

/** How a body goes over the wire. */
export interface Framing {
  /** For `x-amz-content-sha256`. */
  readonly payloadHash: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What is written, as it is pulled. */
  pieces(chain: SignatureChain): AsyncIterable<Uint8Array>;
}

/** Bytes of one signed chunk. */
const CHUNK = 256 * 1024;

/**
 * Chooses how a body is sent. TLS protects a stream already; over HTTP its chunks are signed one by one. A trailer needs
 * chunks in both cases.
 * @param contentEncoding of the object itself
 */
export function framingOf(
  body: RequestBody | undefined,
  secure: boolean,
  contentEncoding: string | undefined,
): Framing {
  if (body === undefined) return whole(new Uint8Array(0), EMPTY_SHA256);
  if (body.kind === "bytes") {
    return whole(body.bytes, createHash("sha256").update(body.bytes).digest("hex"));
  }
  const { length, chunks, trailer } = body;
  if (secure && trailer === undefined) {
    return {
      payloadHash: "UNSIGNED-PAYLOAD",
      headers: { "Content-Length": String(length) },
      pieces: () => chunks,
    };
  }
  return {
    payloadHash: `STREAMING-${secure ? "UNSIGNED-PAYLOAD" : "AWS4-HMAC-SHA256-PAYLOAD"}${
      trailer === undefined ? "" : "-TRAILER"
    }`,
    headers: {
      "Content-Length": String(chunkedLength(length, secure, trailer?.name)),
      "Content-Encoding": contentEncoding === undefined ? "aws-chunked" : `aws-chunked,${contentEncoding}`,
      "x-amz-decoded-content-length": String(length),
      ...(trailer === undefined ? {} : { "x-amz-trailer": trailer.name }),
    },
    pieces: (chain) => chunked(body, secure ? undefined : chain),
  };
}

function whole(bytes: Uint8Array, payloadHash: string): Framing {
  return {
    payloadHash,
    headers: { "Content-Length": String(bytes.length) },
    async *pieces() {
      if (bytes.length > 0) yield bytes;
    },
  };
}

const SIGNATURE = ";chunk-signature=".length + 64;

/** Base64 digits of every checksum that goes into a trailer, by the name of its header. */
const TRAILER_LENGTHS: Readonly<Record<string, number>> = {
  "x-amz-checksum-crc32": 8,
  "x-amz-checksum-crc32c": 8,
  "x-amz-checksum-crc64nvme": 12,
  "x-amz-checksum-sha1": 28,
  "x-amz-checksum-sha256": 44,
};

function chunkedLength(length: number, secure: boolean, trailer: string | undefined): number {
  const signature = secure ? 0 : SIGNATURE;
  const frame = (size: number) => size.toString(16).length + signature + 2 + size + 2;
  const rest = length % CHUNK;
  let total = Math.floor(length / CHUNK) * frame(CHUNK) + (rest === 0 ? 0 : frame(rest)) + 1 + signature + 2;
  if (trailer !== undefined) {
    total += trailer.length + 1 + (TRAILER_LENGTHS[trailer] ?? 0) + 2;
    if (!secure) total += "x-amz-trailer-signature:".length + 64 + 2;
  }
  return total + 2;
}

/** @param chain `undefined` to sign nothing */
async function* chunked(
  { chunks, trailer }: Extract<RequestBody, { kind: "stream" }>,
  chain: SignatureChain | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of inChunks(chunks)) {
    yield Buffer.concat([head(chunk, chain), chunk, CRLF]);
  }
  yield head(new Uint8Array(0), chain);
  if (trailer !== undefined) {
    const line = `${trailer.name}:${trailer.value()}`;
    const signature = chain && `x-amz-trailer-signature:${chain.trailers(`${line}\n`)}\r\n`;
    yield Buffer.from(`${line}\r\n${signature ?? ""}`, "latin1");
  }
  yield CRLF;
}

const CRLF = Buffer.from("\r\n");

function head(chunk: Uint8Array, chain: SignatureChain | undefined): Buffer {
  const signature = chain === undefined ? "" : `;chunk-signature=${chain.chunk(chunk)}`;
  return Buffer.from(`${chunk.length.toString(16)}${signature}\r\n`, "latin1");
}

/** The same bytes in chunks of exactly `CHUNK`, the last one shorter. */
async function* inChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of source) {
    let rest = bytes;
    while (size + rest.length >= CHUNK) {
      const cut = CHUNK - size;
      pending.push(rest.subarray(0, cut));
      rest = rest.subarray(cut);
      yield pending.length === 1 && pending[0] !== undefined ? pending[0] : Buffer.concat(pending);
      pending = [];
      size = 0;
    }
    if (rest.length > 0) {
      pending.push(rest);
      size += rest.length;
    }
  }
  if (size > 0) yield Buffer.concat(pending);
}
