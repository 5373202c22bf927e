import { S3Error } from "../../errors/s3-error.ts";
import type { UploadId, UploadRecord } from "../../store/store.ts";
import { MAX_SINGLE_WRITE } from "../body.ts";
import { checksumElement } from "../checksums.ts";
import { checkCopySource, type Conditions, copySourceConditions } from "../conditions.ts";
import { copyBody } from "../copy-body.ts";
import { type CopySource, copySource } from "../copy-source.ts";
import { isoDate } from "../dates.ts";
import { quoteEtag } from "../etag.ts";
import { type StoredPart, storePart } from "../multipart/store-part.ts";
import { uploadIdOf } from "../multipart/upload-id.ts";
import { type Call, operation } from "../operation.ts";
import { parseCopyRange, parsePartNumber } from "../range.ts";
import { readAnew } from "../read-anew.ts";
import { refuseMissingKey } from "../read-object.ts";
import { document, element } from "../../xml/xml-writer.ts";

interface PartCopy {
  readonly id: UploadId;
  readonly partNumber: number;
  readonly source: CopySource;
  readonly conditions: Conditions;
  readonly range: string | undefined;
}

/** UploadPartCopy: bytes of an object become one part of an upload. */
export const uploadPartCopy = operation<PartCopy, StoredPart>({
  name: "UploadPartCopy",
  minioName: "CopyObjectPart",
  method: "PUT",
  level: "object",
  selectors: ["partNumber", "uploadId"],
  selectedByHeader: "x-amz-copy-source",
  action: "s3:PutObject",

  parse(call) {
    const { headers, query } = call.request;
    return {
      id: uploadIdOf(call),
      partNumber: parsePartNumber(query.get("partNumber") ?? ""),
      source: copySource(headers),
      conditions: copySourceConditions(headers),
      range: headers.get("x-amz-copy-source-range"),
    };
  },

  async handle(input, call) {
    await call.authorise("s3:GetObject", input.source.bucket, input.source.key);
    const upload = await call.store.getUpload(input.id);
    return await readAnew(() => copyPart(input, upload, call));
  },

  reply: ({ record, etag, checksum, replyHeaders }) => ({
    status: 200,
    headers: { "Content-Type": "application/xml", ...replyHeaders },
    body: document("CopyPartResult", [
      element("LastModified", isoDate(record.lastModified)),
      element("ETag", quoteEtag(etag)),
      ...(checksum === undefined ? [] : [element(checksumElement(checksum.algorithm), checksum.value)]),
    ]),
  }),
});

async function copyPart(input: PartCopy, upload: UploadRecord, call: Call): Promise<StoredPart> {
  const { partNumber, source, conditions, range } = input;
  const { bucket, key, headers, secure } = call.request;
  const from = { headers, secure, ...source };
  const backend = call.sse.forRead(from, "copy-source");
  const handle = await call.store.open(source.bucket, source.key, { backend });
  if (handle === undefined) return await refuseMissingKey(call, source.bucket);
  try {
    const { record } = handle;
    const view = await call.sse.viewCopySource(from, record);
    checkCopySource(conditions, { etag: view.etag, lastModified: record.lastModified });
    const bytes = range === undefined
      ? { start: 0, length: record.size }
      : parseCopyRange(range, record.size);
    if (bytes.length > MAX_SINGLE_WRITE) throw tooLarge();
    const sealing = await call.sse.forPart({ headers, secure, bucket, key }, upload, partNumber);
    const body = copyBody(handle, view, bytes, {
      wantMd5: sealing.needsMd5,
      checksum: upload.checksum?.algorithm,
    });
    return await storePart(call.store, upload, partNumber, sealing, body);
  } finally {
    handle.close();
  }
}

function tooLarge(): S3Error {
  return new S3Error("InvalidRequest", {
    message:
      `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_SINGLE_WRITE}`,
  });
}
