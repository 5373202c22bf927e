import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import type { Payload } from "../../src/auth/authentication.ts";
import type { DigestName, Digests } from "../../src/digest/digest.ts";
import { S3Error } from "../../src/errors/s3-error.ts";
import { RequestHeaders } from "../../src/http/headers.ts";
import { QueryParameters } from "../../src/http/query.ts";
import { Traffic } from "../../src/http/traffic.ts";
import { bucketAndKey, type S3Request, splitTarget } from "../../src/http/request.ts";

/** What a test says about a request; the rest is filled in. */
export interface FakeRequest {
  readonly method?: string;
  /** Path and query as on the wire. */
  readonly target: string;
  /** As sent; a list of pairs where a name stands twice. */
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly domains?: readonly string[];
  /** Milliseconds since the epoch at arrival; now unless given. */
  readonly receivedAt?: number;
  /** The bytes as they arrive, one piece after another. Without them the body stays open. */
  readonly body?: readonly Uint8Array[];
}

/** A request and the far end of its body. */
export interface Faked {
  readonly request: S3Request;
  /** Stands in for the socket: what is written here arrives as the body; destroying it is the client going away. */
  readonly wire: PassThrough;
  /** How often `100 Continue` would have gone out. */
  continues(): number;
}

/** A request that came over no wire. */
export function fakeRequest(fake: FakeRequest): Faked {
  const { rawPath, rawQuery } = splitTarget(fake.target);
  const list = Array.isArray(fake.headers) ? fake.headers : Object.entries(fake.headers ?? {});
  const headers = new RequestHeaders(list.flat());
  const wire = new PassThrough();
  let continues = 0;
  const request: S3Request = {
    id: "0000000000000001",
    method: fake.method ?? "GET",
    rawPath,
    rawQuery,
    query: QueryParameters.parse(rawQuery),
    headers,
    ...bucketAndKey(rawPath, headers.get("host") ?? "", fake.domains ?? []),
    secure: false,
    remoteAddress: "127.0.0.1",
    receivedAt: fake.receivedAt ?? Date.now(),
    // A body verifier uses nothing of a message but what every readable stream has.
    incoming: wire as unknown as IncomingMessage,
    traffic: new Traffic(),
    sendContinue: () => void continues++,
  };
  if (fake.body !== undefined) {
    for (const piece of fake.body) wire.write(piece);
    wire.end();
  }
  return { request, wire, continues: () => continues };
}

/** What came out of a body that verified. */
export interface Drained {
  readonly bytes: Buffer;
  readonly digests: Digests;
  readonly trailers: ReadonlyMap<string, string>;
}

/** Reads a payload to its verified end. */
export async function drain(payload: Payload, digests: readonly DigestName[] = []): Promise<Drained> {
  const body = payload.open(digests);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return { bytes: Buffer.concat(chunks), digests: body.digests(), trailers: body.trailers() };
}

/** The error that `run` fails with; fails itself when there is none. */
export async function failure(run: () => unknown): Promise<S3Error> {
  try {
    await run();
  } catch (thrown) {
    if (thrown instanceof S3Error) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

/** `bytes` cut into pieces of these sizes, over and over. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? bytes.length);
    pieces.push(Uint8Array.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return pieces;
}
