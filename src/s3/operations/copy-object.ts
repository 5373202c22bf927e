import { S3Error } from "../../errors/s3-error.ts";
import type { RequestHeaders } from "../../http/headers.ts";
import type { ObjectView, Rotation } from "../../sse/sse.ts";
import {
  type ChecksumAlgorithm,
  type Metadata,
  type ObjectHandle,
  type ObjectRecord,
  ObjectReplaced,
  type StoredChecksum,
} from "../../store/store.ts";
import { MAX_SINGLE_WRITE, type ReceivedBody } from "../body.ts";
import { checksumAlgorithm, checksumElement } from "../checksums.ts";
import { checkCopySource, type Conditions, copySourceConditions, writeExpectation } from "../conditions.ts";
import { copyBody } from "../copy-body.ts";
import { type CopySource, copySource } from "../copy-source.ts";
import { isoDate } from "../dates.ts";
import { quoteEtag } from "../etag.ts";
import { copiedMetadata, metadataFromHeaders } from "../object-headers.ts";
import { type Call, operation } from "../operation.ts";
import { refuseMissingKey } from "../read-object.ts";
import { shownEtag } from "../shown-etag.ts";
import { storeObject } from "../write-object.ts";
import { document, element } from "../../xml/xml-writer.ts";

interface CopyRequest {
  readonly source: CopySource;
  readonly conditions: Conditions;
  /** Metadata that the request itself names. */
  readonly requested: Metadata;
  readonly replaceMetadata: boolean;
  /** Algorithm of the checksum that the copy is to have. */
  readonly checksum: ChecksumAlgorithm | undefined;
  /** Whether it names anything that copying an object onto itself could be for. */
  readonly changes: boolean;
}

interface Copied {
  readonly record: ObjectRecord;
  /** As the client sees it. */
  readonly etag: string;
  /** As the client sees it. */
  readonly checksum: StoredChecksum | undefined;
  readonly replyHeaders: Readonly<Record<string, string>>;
}

/** How often an object is copied onto itself anew when others write the same key at the same time. */
const ATTEMPTS = 4;

/** CopyObject: another object's bytes become the object, or an object's attributes are replaced by a copy onto itself. */
export const copyObject = operation<CopyRequest, Copied>({
  name: "CopyObject",
  method: "PUT",
  level: "object",
  selectedByHeader: "x-amz-copy-source",
  action: "s3:PutObject",

  parse({ request: { headers } }) {
    directive(headers, "x-amz-tagging-directive");
    const replaceMetadata = directive(headers, "x-amz-metadata-directive") === "REPLACE";
    return {
      source: copySource(headers),
      conditions: copySourceConditions(headers),
      requested: metadataFromHeaders(headers),
      replaceMetadata,
      checksum: checksumAlgorithm(headers),
      changes: replaceMetadata || headers.has("x-amz-storage-class") ||
        headers.has("x-amz-website-redirect-location"),
    };
  },

  async handle(input, call) {
    const { source } = input;
    await call.authorise("s3:GetObject", source.bucket, source.key);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { headers, secure } = call.request;
      const backend = call.sse.forRead({ headers, secure, ...source }, "copy-source");
      const handle = await call.store.open(source.bucket, source.key, { backend });
      if (handle === undefined) return await refuseMissingKey(call, source.bucket);
      try {
        const copied = await copyOpened(handle, input, call);
        if (copied !== undefined) return copied;
      } finally {
        handle.close();
      }
    }
    throw new S3Error("ConditionalRequestConflict");
  },

  reply({ record, etag, checksum, replyHeaders }) {
    const body = document("CopyObjectResult", [
      element("ETag", quoteEtag(etag)),
      element("LastModified", isoDate(record.lastModified)),
      ...(checksum === undefined ? [] : [
        element(checksumElement(checksum.algorithm), checksum.value),
        element("ChecksumType", checksum.type),
      ]),
    ]);
    return { status: 200, headers: { "Content-Type": "application/xml", ...replyHeaders }, body };
  },
});

/** @returns `undefined` when the object changed while it was to be copied, so that all of it has to begin anew */
async function copyOpened(
  handle: ObjectHandle,
  input: CopyRequest,
  call: Call,
): Promise<Copied | undefined> {
  const { bucket, key, headers, secure } = call.request;
  const { record } = handle;
  const view = await call.sse.viewCopySource({ headers, secure, ...input.source }, record);
  checkCopySource(input.conditions, { etag: view.etag, lastModified: record.lastModified });
  const ontoItself = record.bucket === bucket && record.key === key;
  const expect = await writeExpectation(call, headers, () => call.store.head(bucket, key));
  const metadata = input.replaceMetadata ? input.requested : copiedMetadata(record.metadata, input.requested);

  if (ontoItself) {
    const rotation = await call.sse.rotate({ headers, secure, bucket, key }, record);
    if (rotation?.changes === false && !input.changes) throw changesNothing();
    const keepsChecksum = input.checksum === undefined || input.checksum === record.checksum?.algorithm;
    if (rotation !== undefined && keepsChecksum) {
      return await replaceInPlace(call, record, view, metadata, rotation);
    }
  }
  // Only bytes that move are limited: keys of larger objects can be rotated.
  if (record.size > MAX_SINGLE_WRITE) throw sourceTooLarge();
  const sealing = await call.sse.forWrite({ headers, secure, bucket, key });
  const body = copiedBody(handle, view, sealing.needsMd5, input.checksum);
  // What is written anew onto itself must not bring back old bytes over those of another writer.
  const write = ontoItself ? expect ?? { revision: record.revision } : expect;
  try {
    const stored = await storeObject(call.store, { bucket, key, metadata, sealing, body, expect: write });
    const { checksum } = body.result();
    return { ...stored, checksum: checksum && { ...checksum, type: "FULL_OBJECT" } };
  } catch (thrown) {
    if (thrown instanceof ObjectReplaced || (ontoItself && isOutrun(thrown))) return undefined;
    throw thrown;
  }
}

/** The source's bytes with the checksum of the copy: the source's own where it fits, otherwise computed. */
function copiedBody(
  handle: ObjectHandle,
  view: ObjectView,
  wantMd5: boolean,
  asked: ChecksumAlgorithm | undefined,
): ReceivedBody {
  const { size, checksum: own } = handle.record;
  const algorithm = asked ?? own?.algorithm;
  const value = own?.type === "FULL_OBJECT" && own.algorithm === algorithm ? view.checksum : undefined;
  const whole = { start: 0, length: size };
  if (algorithm === undefined || value === undefined) {
    return copyBody(handle, view, whole, { wantMd5, checksum: algorithm });
  }
  const body = copyBody(handle, view, whole, { wantMd5, checksum: undefined });
  return { ...body, result: () => ({ ...body.result(), checksum: { algorithm, value } }) };
}

async function replaceInPlace(
  call: Call,
  current: ObjectRecord,
  view: ObjectView,
  metadata: Metadata,
  rotation: Rotation,
): Promise<Copied | undefined> {
  const { bucket, key, revision, size, etag, checksum } = current;
  try {
    const record = await call.store.replaceAttributes({
      bucket,
      key,
      revision,
      attributes: rotation.sealRecord({
        size,
        etag,
        metadata: { ...metadata, ...rotation.metadata },
        ...(checksum === undefined ? {} : { checksum }),
      }),
      ...(rotation.backend === undefined ? {} : { backend: rotation.backend }),
    });
    const value = view.checksum;
    return {
      record,
      etag: shownEtag({ stored: etag, shown: view.etag }, record.etag),
      checksum: checksum && value !== undefined ? { ...checksum, value } : undefined,
      replyHeaders: rotation.replyHeaders,
    };
  } catch (thrown) {
    if (isOutrun(thrown)) return undefined;
    throw thrown;
  }
}

/** Another writer was faster. The client's own condition, if it has one, is judged anew with the next attempt. */
function isOutrun(thrown: unknown): boolean {
  return thrown instanceof S3Error && thrown.code === "PreconditionFailed";
}

function directive(headers: RequestHeaders, name: string): string {
  const value = headers.get(name) ?? "COPY";
  if (value === "COPY" || value === "REPLACE") return value;
  throw new S3Error("InvalidArgument", {
    message: `Unknown ${name.includes("tagging") ? "tagging" : "metadata"} directive.`,
    fields: { ArgumentName: name, ArgumentValue: value },
  });
}

function changesNothing(): S3Error {
  return new S3Error("InvalidRequest", {
    message:
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  });
}

function sourceTooLarge(): S3Error {
  return new S3Error("InvalidRequest", {
    message:
      `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_SINGLE_WRITE}`,
  });
}
