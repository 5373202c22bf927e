import { Buffer } from "node:buffer";
import { requestBody } from "../remote-body.ts";
import type { RemoteObjects, Written } from "../remote-objects.ts";
import type { RemoteWrite, RemoteWriter } from "../remote-writer.ts";
import { checkMd5, withMd5 } from "../sent-md5.ts";
import { SMALL } from "../small-body.ts";

/**
 * Puts data in its place, where it replaces the former at once. Bytes that were changed on the way replace nothing that
 * is left there.
 * @returns the ETag of the data
 * @throws S3Error as the backend names it, InternalError when it has got other bytes; whatever the body throws
 */
export async function placeData(
  { objects, writer }: { readonly objects: RemoteObjects; readonly writer: RemoteWriter },
  data: RemoteWrite,
): Promise<string> {
  const { size } = data.body;
  const small = size !== undefined && size <= SMALL;
  const { etag } = await (small ? putSmall(objects, data) : writer.writeInParts(data));
  return etag;
}

/**
 * The backend compares the MD5 of data in one piece before it replaces anything. One that got other bytes all the same
 * is left none, for a reader would take them for the new object.
 */
async function putSmall(
  objects: RemoteObjects,
  { bucket, key, headers, encryption, body: outgoing }: RemoteWrite,
): Promise<Written> {
  const { body, md5 } = withMd5(await requestBody(outgoing));
  const sent = await md5();
  const contentMd5 = { "Content-MD5": Buffer.from(sent, "hex").toString("base64") };
  const done = await objects.put(bucket, key, { ...headers, ...contentMd5 }, body);
  try {
    checkMd5(sent, done, encryption);
  } catch (thrown) {
    await objects.deleteExactly(bucket, key, done.etag).catch(() => {});
    throw thrown;
  }
  return done;
}
