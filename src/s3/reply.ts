import { Buffer } from "node:buffer";
import { giveBack } from "../crypto/give-back.ts";
import type { ServerResponse } from "node:http";
import type { S3Error } from "../errors/s3-error.ts";
import { drained } from "../http/drained.ts";
import { Pace, type PaceLimits } from "../http/pace.ts";
import type { Traffic } from "../http/traffic.ts";
import type { Reply, ReplyStream } from "./operation.ts";
import { document, element } from "../xml/xml-writer.ts";

/** Headers that every answer carries. */
const COMMON_HEADERS: Readonly<Record<string, string>> = {
  "Accept-Ranges": "bytes",
  "Content-Security-Policy": "block-all-mixed-content",
  "Server": "minio-ts",
  "Vary": "Origin",
  "X-Content-Type-Options": "nosniff",
  "X-Xss-Protection": "1; mode=block",
};

/** Bytes that are handed at a time to the socket of a slow client, which takes so many before it counts as silent. */
const SLOW_PIECE = 64 * 1024;

/** What the error document says about the request. */
export interface ErrorPlace {
  readonly requestId: string;
  readonly hostId: string;
  readonly resource: string;
  readonly bucket: string;
  readonly key: string;
}

/** The answer to a request that failed: the error document of S3. */
export function errorReply(error: S3Error, place: ErrorPlace): Reply {
  const extra = Object.entries(error.fields).map(([name, value]) => element(name, value));
  const body = document("Error", [
    element("Code", error.shownCode),
    element("Message", error.message),
    ...(place.key === "" ? [] : [element("Key", place.key)]),
    ...(place.bucket === "" ? [] : [element("BucketName", place.bucket)]),
    element("Resource", place.resource),
    ...extra,
    element("RequestId", place.requestId),
    element("HostId", place.hostId),
  ], false);
  return { status: error.status, headers: { "Content-Type": "application/xml", ...error.headers }, body };
}

/** All headers of an answer; Content-Length is always among them where there may be a body. */
export function answerHeaders(
  { status, headers, body }: Reply,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string | number>> {
  const all: Record<string, string | number> = { ...COMMON_HEADERS, ...own, ...headers };
  if (!isBodiless(status)) all["Content-Length"] ??= body?.length ?? 0;
  return all;
}

function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

/**
 * Writes an answer. A stream that fails or falls short after the status line cuts
 * the connection, since the client can learn of it in no other way.
 * @param headers from `answerHeaders`
 * @param withBody false for HEAD: the length is told, the bytes are not sent
 * @param traffic counts what goes out
 * @param limits what the client has to keep up with while it takes the body
 * @throws whatever made a stream fail, after the connection was cut
 */
export async function writeReply(
  outgoing: ServerResponse,
  reply: Reply,
  headers: Readonly<Record<string, string | number>>,
  withBody: boolean,
  traffic: Traffic,
  limits: PaceLimits,
): Promise<void> {
  const { status, body } = reply;
  if (body === undefined || body instanceof Uint8Array) {
    outgoing.writeHead(status, headers);
    const bytes = withBody && !isBodiless(status) ? body : undefined;
    traffic.count(bytes?.length ?? 0);
    if (bytes === undefined) outgoing.end();
    else outgoing.end(bytes);
    return;
  }
  try {
    outgoing.writeHead(status, headers);
    if (withBody) await pump(outgoing, body, traffic, new Pace(limits));
    traffic.count(0);
    outgoing.end();
  } catch (thrown) {
    outgoing.destroy();
    throw thrown;
  } finally {
    body.close();
  }
}

async function pump(
  outgoing: ServerResponse,
  body: ReplyStream,
  traffic: Traffic,
  pace: Pace,
): Promise<void> {
  let sent = 0;
  for await (const chunk of body.chunks()) {
    sent += chunk.length;
    if (sent > body.length) throw new Error(`the body ran past its ${body.length} bytes`);
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = 0; at < bytes.length;) {
      if (outgoing.destroyed) return;
      const piece = pace.isSlow ? bytes.subarray(at, at + SLOW_PIECE) : bytes.subarray(at);
      at += piece.length;
      const isLast = at === bytes.length;
      traffic.count(piece.length);
      const more = outgoing.write(piece, (fault) => isLast && !fault && giveBack(chunk));
      if (!more) await drained(outgoing, pace, piece.length);
    }
  }
  if (sent !== body.length) throw new Error(`the body ended after ${sent} of ${body.length} bytes`);
}
