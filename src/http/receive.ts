import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { RequestHeaders } from "./headers.ts";
import { QueryParameters } from "./query.ts";
import { bucketAndKey, type S3Request, splitTarget } from "./request.ts";

/**
 * The request that a raw message carries.
 * @param id from `newRequestId`
 * @param domains the configured `MINIO_DOMAIN` names, lower case
 * @throws S3Error InvalidURI
 */
export function receiveRequest(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  id: string,
  domains: readonly string[],
): S3Request {
  const { rawPath, rawQuery } = splitTarget(incoming.url ?? "/");
  const headers = new RequestHeaders(incoming.rawHeaders);
  let awaitsContinue = waitsForContinue(incoming);
  return {
    id,
    method: incoming.method ?? "GET",
    rawPath,
    rawQuery,
    query: QueryParameters.parse(rawQuery),
    headers,
    ...bucketAndKey(rawPath, headers.get("host") ?? "", domains),
    secure: "encrypted" in incoming.socket && incoming.socket.encrypted === true,
    remoteAddress: (incoming.socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/, ""),
    receivedAt: Date.now(),
    incoming,
    sendContinue() {
      if (!awaitsContinue) return;
      awaitsContinue = false;
      outgoing.writeContinue();
    },
  };
}

/** Whether the client holds its body back until it is told to go on. */
export function waitsForContinue(incoming: IncomingMessage): boolean {
  return incoming.headers.expect?.toLowerCase() === "100-continue";
}

const PROCESS_TAG = randomBytes(4).readUInt32BE(0);
let count = 0;

/** 16 hexadecimal digits, different for every request of this process and unlikely to meet another process's. */
export function newRequestId(): string {
  count = (count + 1) >>> 0;
  const id = Buffer.allocUnsafe(8);
  id.writeUInt32BE(PROCESS_TAG, 0);
  id.writeUInt32BE(count, 4);
  return id.toString("hex").toUpperCase();
}
