import { Buffer } from "node:buffer";
import { S3Error } from "../errors/s3-error.ts";
import { RequestHeaders } from "../http/headers.ts";
import { type BodyOptions, receiveBody } from "./body.ts";
import type { Call } from "./operation.ts";

export interface DocumentOptions {
  /** Set where the checksum headers speak of the object and not of this document: CompleteMultipartUpload. */
  readonly checksumIsOfObject?: boolean;
}

/**
 * The whole body of a request that carries a document (XML, a policy), verified in every way that the client asked
 * for: signature, length, Content-MD5, checksum. A request without a length has no body (RFC 9112 section 6.3).
 * @param maximum bytes; no more are ever held
 * @returns an empty array for an empty body
 * @throws S3Error MaxMessageLengthExceeded, and everything that `receiveBody` throws
 */
export async function readDocument(
  call: Call,
  maximum: number,
  { checksumIsOfObject = false }: DocumentOptions = {},
): Promise<Uint8Array> {
  const { length = 0 } = call.auth.payload;
  if (length > maximum) throw new S3Error("MaxMessageLengthExceeded");
  const options: BodyOptions = { maximum, wantMd5: false };
  const { chunks } = receiveBody(
    withoutLengthEmpty(call),
    checksumIsOfObject ? { ...options, headers: md5Alone(call.request.headers) } : options,
  );
  const read: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maximum) throw new S3Error("MaxMessageLengthExceeded");
    read.push(chunk);
  }
  return Buffer.concat(read, size);
}

/** The same call with a declared length of 0 where the client declared none and sends no chunks. */
function withoutLengthEmpty(call: Call): Call {
  const { payload } = call.auth;
  if (payload.length !== undefined || call.request.headers.has("transfer-encoding")) return call;
  const { announcedTrailers } = payload;
  return {
    ...call,
    auth: {
      ...call.auth,
      payload: { length: 0, announcedTrailers, open: (digests) => payload.open(digests) },
    },
  };
}

function md5Alone(headers: RequestHeaders): RequestHeaders {
  const md5 = headers.get("content-md5");
  return new RequestHeaders(md5 === undefined ? [] : ["content-md5", md5]);
}
