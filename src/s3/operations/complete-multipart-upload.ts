import { S3Error } from "../../errors/s3-error.ts";
import type { ChecksumPlan, StoredChecksum, UploadId } from "../../store/store.ts";
import { checksumElement } from "../checksums.ts";
import { writeExpectation } from "../conditions.ts";
import { quoteEtag } from "../etag.ts";
import { chooseParts, partsOf } from "../multipart/chosen-parts.ts";
import { MAX_PART_LIST, type NamedPart, parsePartList } from "../multipart/completed-parts.ts";
import { finishedChecksum } from "../multipart/finished-checksum.ts";
import { uploadIdOf } from "../multipart/upload-id.ts";
import { type Call, operation } from "../operation.ts";
import { readDocument } from "../request-document.ts";
import { document, element } from "../xml-writer.ts";

interface Completion {
  readonly id: UploadId;
  readonly named: readonly NamedPart[];
  /** What the client says the object's size is. */
  readonly size: number | undefined;
}

interface Completed {
  /** As the client sees it. */
  readonly etag: string;
  readonly checksum: StoredChecksum | undefined;
  readonly replyHeaders: Readonly<Record<string, string>>;
}

/** CompleteMultipartUpload: the named parts become the object. */
export const completeMultipartUpload = operation<Completion, Completed>({
  name: "CompleteMultipartUpload",
  method: "POST",
  level: "object",
  selectors: ["uploadId"],
  action: "s3:PutObject",

  async parse(call) {
    return {
      id: uploadIdOf(call),
      size: announcedSize(call.request.headers.get("x-amz-mp-object-size")),
      named: parsePartList(await readDocument(call, MAX_PART_LIST, { checksumIsOfObject: true })),
    };
  },

  async handle(input, call) {
    try {
      return await complete(input, call);
    } catch (thrown) {
      if (!(thrown instanceof S3Error) || thrown.code !== "NoSuchUpload") throw thrown;
      return await completedBefore(input, call) ?? Promise.reject(thrown);
    }
  },

  reply({ etag, checksum, replyHeaders }, _input, { request }) {
    const { bucket, key, rawPath, headers, secure } = request;
    const location = `${secure ? "https" : "http"}://${headers.get("host") ?? ""}${rawPath}`;
    return {
      status: 200,
      headers: { "Content-Type": "application/xml", ...replyHeaders },
      body: document("CompleteMultipartUploadResult", [
        element("Location", location),
        element("Bucket", bucket),
        element("Key", key),
        element("ETag", quoteEtag(etag)),
        ...(checksum === undefined ? [] : [
          element(checksumElement(checksum.algorithm), checksum.value),
          element("ChecksumType", checksum.type),
        ]),
      ]),
    };
  },
});

async function complete({ id, named, size }: Completion, call: Call): Promise<Completed> {
  const { bucket, key, headers, secure } = call.request;
  const upload = await call.store.getUpload(id);
  const etags = await call.sse.forUpload({ headers, secure, bucket, key }, upload);
  const parts = chooseParts(named, await partsOf(call.store, id), etags, upload.checksum);
  const total = parts.reduce((sum, part) => sum + part.size, 0);
  if (size !== undefined && size !== total) {
    throw new S3Error("InvalidRequest", {
      message:
        `The provided 'x-amz-mp-object-size' header value ${size} does not match what was computed: ${total}`,
    });
  }
  const value = finishedChecksum(headers, upload.checksum, parts, etags);
  const etag = etags.finished(parts.map((part) => part.etag));
  const expect = await writeExpectation(call, headers, () => call.store.head(bucket, key));
  await call.store.completeUpload({
    ...id,
    parts: parts.map(({ number, revision }) => ({ number, revision })),
    attributes: {
      size: total,
      etag: etag.stored,
      metadata: { ...upload.metadata, ...etags.finishedMetadata(total) },
      ...withValue(upload.checksum, value === undefined ? undefined : etags.sealChecksum(value)),
    },
    ...(expect === undefined ? {} : { expect }),
  });
  const { checksum } = withValue(upload.checksum, value);
  return { etag: etag.shown, checksum, replyHeaders: etags.replyHeaders };
}

/**
 * A client whose first answer got lost asks again: the upload is gone, but the object is the one it made.
 * @returns `undefined` when it is not
 */
async function completedBefore({ id, named }: Completion, call: Call): Promise<Completed | undefined> {
  const record = await call.store.head(id.bucket, id.key);
  if (record?.uploadId !== id.uploadId || record.parts.length !== named.length) return undefined;
  if (named.some(({ number }, i) => record.parts[i]?.number !== number)) return undefined;
  const [etag = record.etag] = await call.sse.listedEtags([record], record.bucket);
  return { etag, checksum: undefined, replyHeaders: {} };
}

function withValue(plan: ChecksumPlan | undefined, value: string | undefined): { checksum?: StoredChecksum } {
  return plan === undefined || value === undefined ? {} : { checksum: { ...plan, value } };
}

function announcedSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new S3Error("InvalidRequest", { message: "Value for x-amz-mp-object-size header is invalid." });
}
