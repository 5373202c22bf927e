import { createHash } from "node:crypto";
import { EMPTY_SHA256 } from "../../../sigv4/canonical.ts";
import { chunked, chunkedLength, type Trailer } from "./aws-chunked.ts";
import type { SignatureChain } from "./signer.ts";

/** The body of a request. Bytes can be sent again, a stream cannot. */
export type RequestBody = { readonly kind: "bytes"; readonly bytes: Uint8Array } | StreamBody;

/** A body that can be read only once. */
export interface StreamBody {
  readonly kind: "stream";
  readonly length: number;
  /** Freed once they have been sent. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Whether whoever reads the bytes finds out by themselves that they were changed, so that they need no signature. */
  readonly provesItself?: boolean;
  readonly trailer?: Trailer;
}

/** How a body goes over the wire. */
export interface Framing {
  /** For `x-amz-content-sha256`. */
  readonly payloadHash: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What is written, as it is pulled. */
  pieces(chain: SignatureChain): AsyncIterable<Uint8Array>;
}

/**
 * Chooses how a body is sent. TLS protects a stream already, and so does encryption that proves what it opens; any other
 * stream has its chunks signed one by one over HTTP. A trailer needs chunks in all cases.
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
  const { length, chunks, trailer, provesItself } = body;
  if ((secure || provesItself === true) && trailer === undefined) {
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
      "Content-Length": String(chunkedLength(length, !secure, trailer?.name)),
      "Content-Encoding": contentEncoding === undefined ? "aws-chunked" : `aws-chunked,${contentEncoding}`,
      "x-amz-decoded-content-length": String(length),
      ...(trailer === undefined ? {} : { "x-amz-trailer": trailer.name }),
    },
    pieces: (chain) => chunked(chunks, trailer, secure ? undefined : chain),
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
