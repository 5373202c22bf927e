import { S3Error } from "../errors/s3-error.ts";
import type { ObjectView } from "../sse/sse.ts";
import type { ObjectPart, ObjectRecord } from "../store/store.ts";
import { checksumHeader } from "./checksums.ts";
import { type Conditions, preconditionFailed, readConditions, unmetCondition } from "./conditions.ts";
import { httpDate, parseHttpDate } from "./dates.ts";
import { matchesStrongly, parseEtagList, quoteEtag } from "./etag.ts";
import { headersFromMetadata, headerText } from "./object-headers.ts";
import type { Call } from "./operation.ts";
import { type ByteRange, contentRange, parsePartNumber, parseRange } from "./range.ts";
import { checkVersionId } from "./version-id.ts";

/** Query names with which a reader replaces headers of the answer. */
const OVERRIDES = new Map([
  ["response-cache-control", "Cache-Control"],
  ["response-content-disposition", "Content-Disposition"],
  ["response-content-encoding", "Content-Encoding"],
  ["response-content-language", "Content-Language"],
  ["response-content-type", "Content-Type"],
  ["response-expires", "Expires"],
]);

/** Query names that GetObject and HeadObject understand. */
export const READ_PARAMETERS: readonly string[] = ["partNumber", "versionId", ...OVERRIDES.keys()];

/** What a GetObject or HeadObject asks for. */
export interface ReadRequest {
  readonly conditions: Conditions;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly partNumber: number | undefined;
  /** Headers to send in place of the object's own. */
  readonly overrides: Readonly<Record<string, string>>;
  readonly wantsChecksum: boolean;
}

/** How a read is answered. */
export interface ReadPlan {
  readonly status: 200 | 206 | 304;
  readonly headers: Readonly<Record<string, string>>;
  /** Plaintext bytes to send; empty for 304. */
  readonly range: ByteRange;
}

/** @throws S3Error InvalidArgument, InvalidRequest, NoSuchVersion */
export function parseRead({ request, auth }: Call): ReadRequest {
  const { headers, query } = request;
  checkVersionId(query.get("versionId"));
  const part = query.get("partNumber");
  const range = headers.get("range");
  if (part !== undefined && range !== undefined) {
    throw new S3Error("InvalidRequest", {
      message: "Cannot specify both Range header and partNumber query parameter",
    });
  }
  const overrides: Record<string, string> = {};
  for (const [name, value] of query.pairs()) {
    const header = OVERRIDES.get(name);
    if (header === undefined || value === "") continue;
    if (auth.kind === "anonymous") {
      throw new S3Error("InvalidRequest", {
        message: "Request specific response headers cannot be used for anonymous GET requests.",
      });
    }
    overrides[header] = headerText(name, value);
  }
  return {
    conditions: readConditions(headers),
    range,
    ifRange: headers.get("if-range"),
    partNumber: part === undefined ? undefined : parsePartNumber(part),
    overrides,
    wantsChecksum: headers.get("x-amz-checksum-mode")?.toUpperCase() === "ENABLED",
  };
}

/** Whether it is sure, before anything is known of the object, that all of its bytes are to be sent. */
export function wantsWhole({ range, partNumber, conditions }: ReadRequest): boolean {
  return range === undefined && partNumber === undefined &&
    Object.values(conditions).every((condition) => condition === undefined);
}

/**
 * Status, headers and bytes that answer a read of this object.
 * @throws S3Error PreconditionFailed, InvalidRange, InvalidPartNumber
 */
export function planRead(request: ReadRequest, record: ObjectRecord, view: ObjectView): ReadPlan {
  const validators = { "ETag": quoteEtag(view.etag), "Last-Modified": httpDate(record.lastModified) };
  const unmet = unmetCondition(request.conditions, { etag: view.etag, lastModified: record.lastModified });
  if (unmet?.notModified === false) throw preconditionFailed(unmet.name);
  const own = headersFromMetadata(record.metadata);
  if (unmet !== undefined) {
    const { "Cache-Control": cacheControl, "Expires": expires } = own;
    return {
      status: 304,
      headers: {
        ...validators,
        ...(cacheControl === undefined ? {} : { "Cache-Control": cacheControl }),
        ...(expires === undefined ? {} : { "Expires": expires }),
      },
      range: { start: 0, length: 0 },
    };
  }
  const part = request.partNumber === undefined ? undefined : partRange(record, request.partNumber);
  const chosen = part?.range ?? headerRange(request, record, view);
  const range = chosen ?? { start: 0, length: record.size };
  const partial = chosen !== undefined && range.length > 0;
  return {
    status: partial ? 206 : 200,
    headers: {
      ...own,
      ...validators,
      ...(partial ? { "Content-Range": contentRange(range, record.size) } : {}),
      ...(part !== undefined && record.parts.length > 0
        ? { "x-amz-mp-parts-count": String(record.parts.length) }
        : {}),
      ...(request.wantsChecksum ? checksumHeaders(record, view, range, part?.part) : {}),
      ...view.replyHeaders,
      ...request.overrides,
    },
    range,
  };
}

/**
 * The error for a key that is not there. Whoever may not list the bucket does not learn that either.
 * @throws S3Error NoSuchKey, AccessDenied
 */
export async function refuseMissingKey(call: Call, bucket: string): Promise<never> {
  await call.authorise("s3:ListBucket", bucket);
  throw new S3Error("NoSuchKey");
}

/** The bytes of one part. An object that was written in one piece is its own part 1. */
function partRange(
  { parts, size }: ObjectRecord,
  number: number,
): { readonly range: ByteRange; readonly part?: ObjectPart } {
  if (parts.length === 0 && number === 1) return { range: { start: 0, length: size } };
  let start = 0;
  for (const part of parts) {
    if (part.number === number) return { range: { start, length: part.size }, part };
    start += part.size;
  }
  throw new S3Error("InvalidPartNumber", {
    fields: { PartNumberRequested: String(number), ActualPartCount: String(Math.max(parts.length, 1)) },
  });
}

/** The range of the Range header, unless If-Range names another object than this. */
function headerRange(request: ReadRequest, record: ObjectRecord, view: ObjectView): ByteRange | undefined {
  const { range, ifRange } = request;
  if (range === undefined || (ifRange !== undefined && !isCurrent(ifRange, record, view))) return undefined;
  return parseRange(range, record.size);
}

/** Whether the validator of If-Range (RFC 9110 section 13.1.5), a date or a strong entity tag, is the object's. */
function isCurrent(ifRange: string, record: ObjectRecord, view: ObjectView): boolean {
  const date = parseHttpDate(ifRange);
  if (date !== undefined) return date === Math.floor(record.lastModified / 1000) * 1000;
  return matchesStrongly(parseEtagList(ifRange), view.etag);
}

/** The checksum of exactly the bytes sent, where one is known. */
function checksumHeaders(
  record: ObjectRecord,
  view: ObjectView,
  range: ByteRange,
  part: ObjectPart | undefined,
): Readonly<Record<string, string>> {
  const { checksum } = record;
  if (checksum === undefined) return {};
  let value: string | undefined;
  if (part?.checksum !== undefined) value = view.openChecksum(part.checksum);
  else if (part === undefined && range.length === record.size) value = view.checksum;
  if (value === undefined) return {};
  return { [checksumHeader(checksum.algorithm)]: value, "x-amz-checksum-type": checksum.type };
}
