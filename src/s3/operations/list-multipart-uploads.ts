import { S3Error } from "../../errors/s3-error.ts";
import type { UploadListQuery, UploadPage, UploadRecord } from "../../store/store.ts";
import { isoDate } from "../dates.ts";
import { existingBucket } from "../existing-bucket.ts";
import { type KeyEncoding, keyEncoding } from "../listing/encoding.ts";
import { pageSize } from "../listing/page-size.ts";
import { isUploadId } from "../multipart/upload-id.ts";
import { storageClass } from "../object-headers.ts";
import { operation } from "../operation.ts";
import { OWNER, OWNER_FIELDS } from "../owner.ts";
import { document, element, type Xml } from "../../xml/xml-writer.ts";

const MAX_UPLOADS = 1000;

interface UploadsQuery {
  readonly list: UploadListQuery;
  readonly encoding: KeyEncoding;
}

/** ListMultipartUploads: uploads of a bucket that are not finished. */
export const listMultipartUploads = operation<UploadsQuery, UploadPage>({
  name: "ListMultipartUploads",
  method: "GET",
  level: "bucket",
  selectors: ["uploads"],
  parameters: ["prefix", "delimiter", "key-marker", "upload-id-marker", "max-uploads", "encoding-type"],
  action: "s3:ListBucketMultipartUploads",

  parse({ request: { bucket, query } }) {
    const afterKey = query.get("key-marker") ?? "";
    return {
      encoding: keyEncoding(query),
      list: {
        bucket,
        prefix: query.get("prefix") ?? "",
        delimiter: query.get("delimiter") ?? "",
        afterKey,
        // Without a key the marker means nothing, and is ignored as in S3.
        afterUploadId: afterKey === "" ? "" : uploadIdMarker(query.get("upload-id-marker") ?? ""),
        limit: pageSize(query, "max-uploads", MAX_UPLOADS),
      },
    };
  },

  async handle({ list }, call) {
    if (list.limit > 0) return await call.store.listUploads(list);
    await existingBucket(call);
    return { uploads: [], prefixes: [] };
  },

  reply: ({ uploads, prefixes, next }, { list, encoding }) => ({
    status: 200,
    headers: { "Content-Type": "application/xml" },
    body: document("ListMultipartUploadsResult", [
      element("Bucket", list.bucket),
      element("KeyMarker", encoding.encode(list.afterKey)),
      element("UploadIdMarker", list.afterUploadId),
      ...(next === undefined ? [] : [
        element("NextKeyMarker", encoding.encode(next.key)),
        element("NextUploadIdMarker", next.uploadId),
      ]),
      element("Prefix", encoding.encode(list.prefix)),
      ...(list.delimiter === "" ? [] : [element("Delimiter", encoding.encode(list.delimiter))]),
      ...(encoding.xml === undefined ? [] : [encoding.xml]),
      element("MaxUploads", list.limit),
      element("IsTruncated", next !== undefined),
      ...uploads.map((upload) => uploadElement(upload, encoding)),
      ...prefixes.map((prefix) => element("CommonPrefixes", element("Prefix", encoding.encode(prefix)))),
    ]),
  }),
});

function uploadIdMarker(text: string): string {
  if (text === "" || isUploadId(text)) return text;
  throw new S3Error("InvalidArgument", {
    message: "Invalid uploadId marker",
    fields: { ArgumentName: "upload-id-marker" },
  });
}

function uploadElement(upload: UploadRecord, encoding: KeyEncoding): Xml {
  return element("Upload", [
    element("Key", encoding.encode(upload.key)),
    element("UploadId", upload.uploadId),
    element("Initiator", OWNER_FIELDS),
    OWNER,
    element("StorageClass", storageClass(upload.metadata)),
    element("Initiated", isoDate(upload.initiatedAt)),
    ...(upload.checksum === undefined ? [] : [
      element("ChecksumAlgorithm", upload.checksum.algorithm),
      element("ChecksumType", upload.checksum.type),
    ]),
  ]);
}
