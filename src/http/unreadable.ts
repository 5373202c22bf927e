import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { S3_ERRORS } from "../errors/table.ts";
import { newRequestId } from "./request-id.ts";

/** What the HTTP parser says, as S3 says it. Everything else is BadRequest. */
const CODES: Readonly<Record<string, keyof typeof S3_ERRORS>> = {
  HPE_HEADER_OVERFLOW: "RequestHeaderSectionTooLarge",
  ERR_HTTP_REQUEST_TIMEOUT: "RequestTimeout",
};

/** Answers a request that the HTTP parser could not read with an error document, and ends the connection. */
export function answerUnreadable(error: Error & { code?: string }, socket: Duplex, hostId: string): void {
  if (socket.destroyed || !socket.writable) return;
  const code = CODES[error.code ?? ""] ?? "BadRequest";
  const { status, message } = S3_ERRORS[code];
  const id = newRequestId();
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>` +
      `<RequestId>${id}</RequestId><HostId>${hostId}</HostId></Error>`,
  );
  const head = [
    `HTTP/1.1 ${status} Bad Request`,
    `Date: ${new Date().toUTCString()}`,
    "Server: minio-ts",
    "Content-Type: application/xml",
    `Content-Length: ${body.length}`,
    `X-Amz-Request-Id: ${id}`,
    `X-Amz-Id-2: ${hostId}`,
    "Connection: close",
  ].join("\r\n");
  socket.end(Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]), () => socket.destroy());
}
