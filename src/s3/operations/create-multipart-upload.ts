import type { ChecksumPlan, Metadata, UploadRecord } from "../../store/store.ts";
import { checksumPlan } from "../checksums.ts";
import { metadataFromHeaders } from "../object-headers.ts";
import { operation } from "../operation.ts";
import { document, element } from "../../xml/xml-writer.ts";

interface NewUpload {
  readonly metadata: Metadata;
  readonly checksum: ChecksumPlan | undefined;
}

/** CreateMultipartUpload: an object is to come in parts. */
export const createMultipartUpload = operation<
  NewUpload,
  { readonly upload: UploadRecord; readonly replyHeaders: Readonly<Record<string, string>> }
>({
  name: "CreateMultipartUpload",
  minioName: "NewMultipartUpload",
  method: "POST",
  level: "object",
  selectors: ["uploads"],
  action: "s3:PutObject",

  parse: ({ request: { headers } }) => ({
    metadata: metadataFromHeaders(headers),
    checksum: checksumPlan(headers),
  }),

  async handle({ metadata: given, checksum }, call) {
    const { bucket, key, headers, secure } = call.request;
    const request = { headers, secure, bucket, key };
    const { metadata, replyHeaders, backend, idMark } = await call.sse.forNewUpload(request, given);
    const upload = await call.store.createUpload({
      bucket,
      key,
      metadata,
      ...(checksum === undefined ? {} : { checksum }),
      ...(backend === undefined ? {} : { backend }),
      ...(idMark === undefined ? {} : { idMark }),
    });
    return { upload, replyHeaders };
  },

  reply: ({ upload, replyHeaders }, { checksum }) => ({
    status: 200,
    headers: {
      "Content-Type": "application/xml",
      ...(checksum === undefined ? {} : {
        "x-amz-checksum-algorithm": checksum.algorithm,
        "x-amz-checksum-type": checksum.type,
      }),
      ...replyHeaders,
    },
    body: document("InitiateMultipartUploadResult", [
      element("Bucket", upload.bucket),
      element("Key", upload.key),
      element("UploadId", upload.uploadId),
    ]),
  }),
});
