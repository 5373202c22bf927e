import { type BodyChecksum, MAX_SINGLE_WRITE, receiveBody } from "../body.ts";
import { checksumHeader } from "../checksums.ts";
import { writeExpectation } from "../conditions.ts";
import { quoteEtag } from "../etag.ts";
import { metadataFromHeaders } from "../object-headers.ts";
import { operation } from "../operation.ts";
import { storeObject } from "../write-object.ts";

/** PutObject: the body becomes the object. */
export const putObject = operation({
  name: "PutObject",
  method: "PUT",
  level: "object",
  action: "s3:PutObject",

  parse: ({ request }) => metadataFromHeaders(request.headers),

  async handle(metadata, call) {
    const { bucket, key, headers, secure } = call.request;
    const sealing = await call.sse.forWrite({ headers, secure, bucket, key });
    const body = receiveBody(call, { maximum: MAX_SINGLE_WRITE, wantMd5: sealing.needsMd5 });
    const expect = await writeExpectation(call, headers, () => call.store.head(bucket, key));
    const { etag, replyHeaders } = await storeObject(call.store, {
      bucket,
      key,
      metadata,
      sealing,
      body,
      expect,
    });
    return { etag, checksum: body.result().checksum, replyHeaders };
  },

  reply: ({ etag, checksum, replyHeaders }) => ({
    status: 200,
    headers: { "ETag": quoteEtag(etag), ...checksumHeaders(checksum), ...replyHeaders },
  }),
});

function checksumHeaders(checksum: BodyChecksum | undefined): Readonly<Record<string, string>> {
  if (checksum === undefined) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, "x-amz-checksum-type": "FULL_OBJECT" };
}
