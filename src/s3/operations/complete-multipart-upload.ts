import { S3Error, type S3ErrorCode } from "../../errors/s3-error.ts";
import type {
  BackendEncryption,
  PartRecord,
  StoredChecksum,
  UploadId,
  UploadRecord,
} from "../../store/store.ts";
import { checksumElement } from "../checksums.ts";
import { writeExpectation } from "../conditions.ts";
import { quoteEtag } from "../etag.ts";
import { assemble, type Completion } from "../multipart/assembly.ts";
import { MAX_PART_LIST, parsePartList } from "../multipart/completed-parts.ts";
import { promisedObject } from "../multipart/promised-object.ts";
import { uploadIdOf } from "../multipart/upload-id.ts";
import { type Call, operation } from "../operation.ts";
import { readDocument } from "../request-document.ts";
import { shownEtag } from "../shown-etag.ts";
import { document, element } from "../../xml/xml-writer.ts";

interface CompleteRequest extends Completion {
  readonly id: UploadId;
}

interface Completed {
  /** As the client sees it. */
  readonly etag: string;
  /** As the client sees it. */
  readonly checksum: StoredChecksum | undefined;
  readonly replyHeaders: Readonly<Record<string, string>>;
}

/** How often the parts are looked at anew when some are uploaded again at the same time. */
const ATTEMPTS = 4;

/** CompleteMultipartUpload: the named parts become the object. */
export const completeMultipartUpload = operation<CompleteRequest, Completed>({
  name: "CompleteMultipartUpload",
  method: "POST",
  level: "object",
  selectors: ["uploadId"],
  action: "s3:PutObject",

  async parse(call) {
    return {
      id: uploadIdOf(call),
      promised: promisedObject(call.request.headers),
      named: parsePartList(await readDocument(call, MAX_PART_LIST, { checksumIsOfObject: true })),
    };
  },

  async handle(input, call) {
    try {
      return await complete(input, call);
    } catch (thrown) {
      // The same request may have been here before, or be here twice at once. Its condition held when it succeeded.
      if (!isError(thrown, "NoSuchUpload", "PreconditionFailed")) throw thrown;
      const before = await completedBefore(input, call);
      if (before === undefined) throw thrown;
      return before;
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

async function complete(input: CompleteRequest, call: Call): Promise<Completed> {
  const { id } = input;
  const { bucket, key, headers, secure } = call.request;
  const upload = await call.store.getUpload(id);
  const sse = { headers, secure, bucket, key };
  const etags = await call.sse.forUpload(sse, upload);
  const backend = call.sse.forRead(sse);
  for (let attempt = 1;; attempt++) {
    const { parts, size, etag, checksum } = assemble(
      input,
      await partsOf(call, id, backend),
      etags,
      upload.checksum,
    );
    const expect = await writeExpectation(call, headers, () => call.store.head(bucket, key));
    try {
      const attributes = {
        size,
        etag: etag.stored,
        metadata: { ...upload.metadata, ...etags.finishedMetadata(size) },
        ...(checksum === undefined
          ? {}
          : { checksum: { ...checksum, value: etags.sealChecksum(checksum.value) } }),
      };
      const record = await call.store.completeUpload({
        ...id,
        parts: parts.map(({ number, revision }) => ({ number, revision })),
        attributes: etags.sealRecord(attributes, parts),
        ...(expect === undefined ? {} : { expect }),
        ...(backend === undefined ? {} : { backend }),
      });
      return { etag: shownEtag(etag, record.etag), checksum, replyHeaders: etags.replyHeaders };
    } catch (thrown) {
      // A part was uploaded again since it was looked at. With the same bytes it still is what the client named.
      if (attempt === ATTEMPTS || !isError(thrown, "InvalidPart")) throw thrown;
    }
  }
}

async function partsOf(
  call: Call,
  id: UploadId,
  backend: BackendEncryption | undefined,
): Promise<readonly PartRecord[]> {
  const parts: PartRecord[] = [];
  for (;;) {
    const page = await call.store.listParts(id, { after: parts.at(-1)?.number ?? 0, limit: 1000, backend });
    parts.push(...page.parts);
    if (!page.truncated) return parts;
  }
}

/**
 * The answer to a client that asks again because the first answer got lost: the upload is gone, but the object is the
 * one that it made of just these parts.
 * @returns `undefined` when it is not
 */
async function completedBefore(input: CompleteRequest, call: Call): Promise<Completed | undefined> {
  const { id, named } = input;
  const { headers, secure } = call.request;
  const record = await call.store.head(id.bucket, id.key);
  if (record?.uploadId !== id.uploadId || record.parts.length !== named.length) return undefined;
  const { metadata, lastModified, checksum } = record;
  const upload: UploadRecord = {
    ...id,
    metadata,
    initiatedAt: lastModified,
    ...(checksum === undefined ? {} : { checksum }),
  };
  try {
    const etags = await call.sse.forUpload({ headers, secure, ...id }, upload);
    const object = assemble(input, record.parts, etags, checksum);
    return { etag: object.etag.shown, checksum: object.checksum, replyHeaders: etags.replyHeaders };
  } catch (thrown) {
    // Tampered with it seems to be as well when others have replaced its metadata since.
    if (thrown instanceof S3Error && (thrown.status < 500 || thrown.code === "XMinioObjectTampered")) {
      return undefined;
    }
    throw thrown;
  }
}

function isError(thrown: unknown, ...codes: S3ErrorCode[]): boolean {
  return thrown instanceof S3Error && codes.includes(thrown.code);
}
