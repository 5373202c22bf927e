import { S3Error } from "../../errors/s3-error.ts";
import type { PartEtags } from "../../sse/sse.ts";
import type { PartPage, PartRecord, UploadId, UploadRecord } from "../../store/store.ts";
import { checksumElement } from "../checksums.ts";
import { isoDate } from "../dates.ts";
import { quoteEtag } from "../etag.ts";
import { type KeyEncoding, keyEncoding } from "../listing/encoding.ts";
import { pageSize } from "../listing/page-size.ts";
import { uploadIdOf } from "../multipart/upload-id.ts";
import { storageClass } from "../object-headers.ts";
import { operation } from "../operation.ts";
import { OWNER, OWNER_FIELDS } from "../owner.ts";
import { document, element, join, type Xml } from "../../xml/xml-writer.ts";

const MAX_PARTS = 1000;

interface PartsQuery {
  readonly id: UploadId;
  /** Only parts with a higher number. */
  readonly after: number;
  readonly maxParts: number;
  readonly encoding: KeyEncoding;
}

interface Listed {
  readonly upload: UploadRecord;
  readonly page: PartPage;
  readonly etags: PartEtags;
}

/** ListParts: what has arrived of an upload. */
export const listParts = operation<PartsQuery, Listed>({
  name: "ListParts",
  minioName: "ListObjectParts",
  method: "GET",
  level: "object",
  selectors: ["uploadId"],
  parameters: ["max-parts", "part-number-marker", "encoding-type"],
  action: "s3:ListMultipartUploadParts",

  parse(call) {
    const { query } = call.request;
    return {
      id: uploadIdOf(call),
      after: marker(query.get("part-number-marker") ?? ""),
      maxParts: pageSize(query, "max-parts", MAX_PARTS),
      encoding: keyEncoding(query),
    };
  },

  async handle({ id, after, maxParts }, call) {
    const { bucket, key, headers, secure } = call.request;
    const upload = await call.store.getUpload(id);
    const page = maxParts === 0
      ? { parts: [], truncated: false }
      : await call.store.listParts(id, { after, limit: maxParts });
    return { upload, page, etags: await call.sse.forUpload({ headers, secure, bucket, key }, upload) };
  },

  reply: ({ upload, page, etags }, { after, maxParts, encoding }) => ({
    status: 200,
    headers: { "Content-Type": "application/xml", ...etags.replyHeaders },
    body: document("ListPartsResult", [
      element("Bucket", upload.bucket),
      element("Key", encoding.encode(upload.key)),
      element("UploadId", upload.uploadId),
      element("Initiator", OWNER_FIELDS),
      OWNER,
      element("StorageClass", storageClass(upload.metadata)),
      element("PartNumberMarker", after),
      element("NextPartNumberMarker", page.parts.at(-1)?.number ?? after),
      element("MaxParts", maxParts),
      element("IsTruncated", page.truncated),
      ...(encoding.xml === undefined ? [] : [encoding.xml]),
      ...(upload.checksum === undefined ? [] : [
        element("ChecksumAlgorithm", upload.checksum.algorithm),
        element("ChecksumType", upload.checksum.type),
      ]),
      join(page.parts.map((part) => partElement(part, upload, etags))),
    ]),
  }),
});

function partElement(part: PartRecord, { checksum }: UploadRecord, etags: PartEtags): Xml {
  const value = part.checksum === undefined ? undefined : etags.openChecksum(part.checksum);
  return element("Part", [
    element("PartNumber", part.number),
    element("LastModified", isoDate(part.lastModified)),
    element("ETag", quoteEtag(etags.shown(part.etag))),
    element("Size", part.size),
    ...(checksum === undefined || value === undefined
      ? []
      : [element(checksumElement(checksum.algorithm), value)]),
  ]);
}

function marker(text: string): number {
  if (text === "") return 0;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Infinity;
  if (number < 2 ** 31) return number;
  throw new S3Error("InvalidArgument", {
    message: "Provided part-number-marker not an integer or within integer range",
    fields: { ArgumentName: "part-number-marker", ArgumentValue: text },
  });
}
