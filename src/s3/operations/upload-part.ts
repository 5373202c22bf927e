import type { UploadId } from "../../store/store.ts";
import { MAX_SINGLE_WRITE, receiveBody } from "../body.ts";
import { checksumHeader } from "../checksums.ts";
import { quoteEtag } from "../etag.ts";
import { type StoredPart, storePart } from "../multipart/store-part.ts";
import { uploadIdOf } from "../multipart/upload-id.ts";
import { operation } from "../operation.ts";
import { parsePartNumber } from "../range.ts";

/** UploadPart: the body becomes one part of an upload. */
export const uploadPart = operation<{ readonly id: UploadId; readonly partNumber: number }, StoredPart>({
  name: "UploadPart",
  minioName: "PutObjectPart",
  method: "PUT",
  level: "object",
  selectors: ["partNumber", "uploadId"],
  action: "s3:PutObject",

  parse: (call) => ({
    id: uploadIdOf(call),
    partNumber: parsePartNumber(call.request.query.get("partNumber") ?? ""),
  }),

  async handle({ id, partNumber }, call) {
    const { bucket, key, headers, secure } = call.request;
    const upload = await call.store.getUpload(id);
    const sealing = await call.sse.forPart({ headers, secure, bucket, key }, upload, partNumber);
    const body = receiveBody(call, {
      maximum: MAX_SINGLE_WRITE,
      wantMd5: sealing.needsMd5,
      checksum: upload.checksum,
    });
    return await storePart(call.store, upload, partNumber, sealing, body);
  },

  reply: ({ etag, checksum, replyHeaders }) => ({
    status: 200,
    headers: {
      "ETag": quoteEtag(etag),
      ...(checksum === undefined ? {} : { [checksumHeader(checksum.algorithm)]: checksum.value }),
      ...replyHeaders,
    },
  }),
});
