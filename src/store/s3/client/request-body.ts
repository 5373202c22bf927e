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

/**
 * The body in chunks, each behind its head. The bytes of a chunk go out as they came, without being copied together.
 * @param chain `undefined` to sign nothing
 */
async function* chunked(
  { chunks, trailer }: Extract<RequestBody, { kind: "stream" }>,
  chain: SignatureChain | undefined,
): AsyncGenerator<Uint8Array> {
  let before = "";
  for await (const { pieces, length } of inChunks(chunks)) {
    yield Buffer.from(`${before}${head(pieces, length, chain)}`, "latin1");
    yield* pieces;
    before = "\r\n";
  }
  let end = `${before}${head([], 0, chain)}`;
  if (trailer !== undefined) {
    const line = `${trailer.name}:${trailer.value()}`;
    const signature = chain && `x-amz-trailer-signature:${chain.trailers(`${line}\n`)}\r\n`;
    end += `${line}\r\n${signature ?? ""}`;
  }
  yield Buffer.from(`${end}\r\n`, "latin1");
}

function head(pieces: readonly Uint8Array[], length: number, chain: SignatureChain | undefined): string {
  const signature = chain === undefined ? "" : `;chunk-signature=${chain.chunk(pieces)}`;
  return `${length.toString(16)}${signature}\r\n`;
}

/** Some bytes in the pieces that they came in. */
interface Chunk {
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
}

/** The same bytes in chunks of exactly `CHUNK`, the last one shorter. */
async function* inChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Chunk> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of source) {
    let rest = bytes;
    while (length + rest.length >= CHUNK) {
      const cut = CHUNK - length;
      pieces.push(rest.subarray(0, cut));
      rest = rest.subarray(cut);
      yield { pieces, length: CHUNK };
      pieces = [];
      length = 0;
    }
    if (rest.length > 0) {
      pieces.push(rest);
      length += rest.length;
    }
  }
  if (length > 0) yield { pieces, length };
}
