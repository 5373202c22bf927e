import type { IncomingMessage, ServerResponse } from "node:http";
import { S3Error } from "../errors/s3-error.ts";
import { RequestHeaders } from "./headers.ts";
import { QueryParameters } from "./query.ts";
import { bucketAndKey, type S3Request, splitTarget } from "./request.ts";
import { Traffic } from "./traffic.ts";

/**
 * The request that a raw message carries.
 * @param id from `newRequestId`
 * @param domains the configured `MINIO_DOMAIN` names, lower case
 * @throws S3Error InvalidURI; InvalidRequest without a Host header, which HTTP/1.1 demands (RFC 9110 section 7.2)
 */
export function receiveRequest(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  id: string,
  domains: readonly string[],
  traffic = new Traffic(),
): S3Request {
  const { rawPath, rawQuery } = splitTarget(incoming.url ?? "/");
  const headers = new RequestHeaders(incoming.rawHeaders);
  if (!headers.has("host") && incoming.httpVersion !== "1.0") {
    throw new S3Error("InvalidRequest", { message: "Missing required header for this request: Host" });
  }
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
    traffic,
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
