import { Buffer } from "node:buffer";
import { S3Error } from "../errors/s3-error.ts";
import { RequestHeaders } from "../http/headers.ts";
import { passBody } from "./body.ts";
import type { Call } from "./operation.ts";

export interface DocumentOptions {
  /** Set where the checksum headers speak of the object and not of this document: CompleteMultipartUpload. */
  readonly checksumIsOfObject?: boolean;
}

/**
 * The whole body of a request that carries a document (XML, a policy), verified in every way that the client asked
 * for: signature, length, Content-MD5, checksum.
 * @param maximum bytes; no more than these and one chunk are ever held
 * @returns an empty array for an empty body, or none
 * @throws S3Error MaxMessageLengthExceeded, and everything that `passBody` throws
 */
export async function readDocument(
  call: Call,
  maximum: number,
  { checksumIsOfObject = false }: DocumentOptions = {},
): Promise<Uint8Array> {
  const { auth: { payload }, request } = call;
  if (payload.length !== undefined && payload.length > maximum) {
    throw new S3Error("MaxMessageLengthExceeded");
  }
  const { chunks } = passBody(payload, {
    headers: checksumIsOfObject ? md5Alone(request.headers) : request.headers,
    wantMd5: false,
    ...(payload.length === undefined ? {} : { size: payload.length }),
  });
  const read: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maximum) throw new S3Error("MaxMessageLengthExceeded");
    read.push(chunk);
  }
  return Buffer.concat(read, size);
}

function md5Alone(headers: RequestHeaders): RequestHeaders {
  const md5 = headers.get("content-md5");
  return new RequestHeaders(md5 === undefined ? [] : ["content-md5", md5]);
}
