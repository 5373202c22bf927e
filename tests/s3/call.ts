import { Buffer } from "node:buffer";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Identity, Payload, VerifiedBody } from "../../src/auth/authentication.ts";
import type { DigestName } from "../../src/digest/digest.ts";
import { InlineDigester } from "../../src/digest/inline-digester.ts";
import { RequestHeaders } from "../../src/http/headers.ts";
import { bucketAndKey, type S3Request, splitTarget } from "../../src/http/request.ts";
import { QueryParameters } from "../../src/http/query.ts";
import { Traffic } from "../../src/http/traffic.ts";
import type { Call, Reply } from "../../src/s3/operation.ts";
import { plainSse } from "./plain-sse.ts";
import type { Sse } from "../../src/sse/sse.ts";
import type { Store } from "../../src/store/store.ts";

/** What a test says about a request; the rest is filled in. */
export interface CallSketch {
  readonly store: Store;
  readonly method?: string;
  /** Path and query as on the wire: `/bucket/key?uploads`. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, whole or in chunks. */
  readonly body?: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** Declared length; by default that of a whole body, unknown for chunks. */
  readonly length?: number;
  readonly trailers?: Readonly<Record<string, string>>;
  readonly sse?: Sse;
  readonly region?: string;
  readonly secure?: boolean;
  readonly identity?: Identity;
  /** Stands in for the policy; by default everything is allowed. */
  readonly authorise?: Call["authorise"];
}

/** A `Call` as the dispatcher would hand it to an operation. */
export function makeCall(sketch: CallSketch): Call {
  const { rawPath, rawQuery } = splitTarget(sketch.target);
  const headers = new RequestHeaders(Object.entries({ host: "localhost", ...sketch.headers }).flat());
  const request: S3Request = {
    id: "0000000000000001",
    method: sketch.method ?? "GET",
    rawPath,
    rawQuery,
    query: QueryParameters.parse(rawQuery),
    headers,
    ...bucketAndKey(rawPath, "localhost", []),
    secure: sketch.secure ?? false,
    remoteAddress: "127.0.0.1",
    receivedAt: Date.now(),
    incoming: new IncomingMessage(new Socket()),
    traffic: new Traffic(),
    sendContinue: () => {},
  };
  const identity: Identity = sketch.identity ?? { kind: "user", accessKey: "minioadmin" };
  const payload = makePayload(sketch);
  return {
    request,
    auth: identity.kind === "anonymous"
      ? { kind: "anonymous", identity, payload }
      : { kind: "header", identity, payload, signedHeaders: new Set(), signedAt: request.receivedAt },
    store: sketch.store,
    sse: sketch.sse ?? plainSse(),
    region: sketch.region ?? "us-east-1",
    isRegion: (name) => name === (sketch.region ?? "us-east-1"),
    authorise: sketch.authorise ?? (async () => {}),
  };
}

/** A payload that counts as verified. The digests of its bytes are real. */
export function makePayload(
  { body, length, trailers }: Pick<CallSketch, "body" | "length" | "trailers">,
): Payload {
  const whole = typeof body === "string" ? new TextEncoder().encode(body) : body ?? new Uint8Array();
  return {
    length: length ?? (whole instanceof Uint8Array ? whole.length : undefined),
    announcedTrailers: Object.keys(trailers ?? {}),
    open: (digests) => verified(whole instanceof Uint8Array ? [whole] : whole, digests, trailers ?? {}),
  };
}

function verified(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  digests: readonly DigestName[],
  trailers: Readonly<Record<string, string>>,
): VerifiedBody {
  const digester = new InlineDigester(digests);
  return {
    async *[Symbol.asyncIterator]() {
      for await (const chunk of chunks) {
        digester.update(chunk);
        // Who pulls bytes may free them; those of the sketch are the test's own.
        if (chunk.length > 0) yield new Uint8Array(chunk);
      }
    },
    digests: () => digester.digests(),
    trailers: () => new Map(Object.entries(trailers)),
  };
}

/** The bytes of an answer, streamed or not. */
export async function replyBytes(reply: Reply): Promise<Uint8Array> {
  if (reply.body === undefined) return new Uint8Array();
  if (reply.body instanceof Uint8Array) return reply.body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of reply.body.chunks()) chunks.push(chunk);
  reply.body.close();
  return Buffer.concat(chunks);
}

/** The bytes of an answer as text. */
export async function replyText(reply: Reply): Promise<string> {
  return new TextDecoder().decode(await replyBytes(reply));
}
