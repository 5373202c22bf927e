import { Buffer } from "node:buffer";
import { S3Error } from "../errors/s3-error.ts";
import type { DigestName } from "../digest/digest.ts";
import type { RequestHeaders } from "../http/headers.ts";
import type { Call } from "./operation.ts";

/**
 * The whole body of a request that carries a document (XML, a policy), verified in every way that the client asked
 * for: signature, length, Content-MD5. Never holds more than `maximumBytes` and one chunk.
 * @throws S3Error MaxMessageLengthExceeded; InvalidDigest, BadDigest; what the body verifier throws
 */
export async function readDocument(call: Call, maximumBytes: number): Promise<Uint8Array> {
  const { payload } = call.auth;
  if (payload.length !== undefined && payload.length > maximumBytes) {
    throw new S3Error("MaxMessageLengthExceeded");
  }
  const md5 = contentMd5(call.request.headers);
  const wanted: DigestName[] = md5 === undefined ? [] : ["md5"];
  const body = payload.open(wanted);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maximumBytes) throw new S3Error("MaxMessageLengthExceeded");
    chunks.push(chunk);
  }
  if (md5 !== undefined && !md5.equals(body.digests().get("md5") ?? new Uint8Array())) {
    throw new S3Error("BadDigest");
  }
  return Buffer.concat(chunks, size);
}

/**
 * The 16 bytes of a Content-MD5 header, `undefined` when there is none.
 * @throws S3Error InvalidDigest
 */
function contentMd5(headers: RequestHeaders): Buffer | undefined {
  const text = headers.get("content-md5");
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 16 || bytes.toString("base64") !== text) throw new S3Error("InvalidDigest");
  return bytes;
}
