import { S3Error } from "../errors/s3-error.ts";
import type { RequestHeaders } from "../http/headers.ts";
import type { Expectation, ObjectRecord } from "../store/store.ts";
import { parseHttpDate } from "./dates.ts";
import { type EtagList, matchesStrongly, matchesWeakly, parseEtagList } from "./etag.ts";
import type { Call } from "./operation.ts";

/** Preconditions of a request on an object; `undefined` for those that it does not name. */
export interface Conditions {
  readonly ifMatch: EtagList | undefined;
  readonly ifNoneMatch: EtagList | undefined;
  /** Milliseconds since the epoch, whole seconds. */
  readonly ifModifiedSince: number | undefined;
  readonly ifUnmodifiedSince: number | undefined;
}

/** What conditions are asked about. */
export interface ObjectState {
  /** As the client sees it, without quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
}

/** The condition that does not hold. `notModified` ones are answered 304 to a read, the others 412. */
export interface UnmetCondition {
  readonly name: string;
  readonly notModified: boolean;
}

/** Conditions of GetObject and HeadObject. A date that cannot be understood is no condition. */
export function readConditions(headers: RequestHeaders): Conditions {
  return conditions(headers, "");
}

/** Conditions of a copy on its source. */
export function copySourceConditions(headers: RequestHeaders): Conditions {
  return conditions(headers, "x-amz-copy-source-");
}

function conditions(headers: RequestHeaders, prefix: string): Conditions {
  const list = (name: string) => {
    const value = headers.get(prefix + name);
    return value === undefined ? undefined : parseEtagList(value);
  };
  const date = (name: string) => {
    const value = headers.get(prefix + name);
    return value === undefined ? undefined : parseHttpDate(value);
  };
  return {
    ifMatch: list("if-match"),
    ifNoneMatch: list("if-none-match"),
    ifModifiedSince: date("if-modified-since"),
    ifUnmodifiedSince: date("if-unmodified-since"),
  };
}

/**
 * The first condition that does not hold, in the order of RFC 9110 section 13.2.2: If-Match decides over
 * If-Unmodified-Since, If-None-Match over If-Modified-Since.
 */
export function unmetCondition(conditions: Conditions, object: ObjectState): UnmetCondition | undefined {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const seconds = Math.floor(object.lastModified / 1000) * 1000;
  if (ifMatch !== undefined) {
    if (!matchesStrongly(ifMatch, object.etag)) return { name: "If-Match", notModified: false };
  } else if (ifUnmodifiedSince !== undefined && seconds > ifUnmodifiedSince) {
    return { name: "If-Unmodified-Since", notModified: false };
  }
  if (ifNoneMatch !== undefined) {
    if (matchesWeakly(ifNoneMatch, object.etag)) return { name: "If-None-Match", notModified: true };
  } else if (ifModifiedSince !== undefined && seconds <= ifModifiedSince) {
    return { name: "If-Modified-Since", notModified: true };
  }
  return undefined;
}

/** @throws S3Error PreconditionFailed when the source of a copy does not meet the conditions */
export function checkCopySource(conditions: Conditions, source: ObjectState): void {
  const unmet = unmetCondition(conditions, source);
  if (unmet !== undefined) throw preconditionFailed(`x-amz-copy-source-${unmet.name}`);
}

/** The error of a condition that does not hold. */
export function preconditionFailed(condition: string): S3Error {
  return new S3Error("PreconditionFailed", { fields: { Condition: condition } });
}

/**
 * What must be current for a write to happen, by its If-None-Match (`*` alone) or If-Match header. Both are checked
 * against the current object at once, so that a hopeless body is not read, and again by the store at the commit.
 * Whoever compares ETags must be allowed to read, since the answer tells what is there.
 * @param current reads the current object; called only when there is a condition
 * @returns `undefined` for an unconditional write
 * @throws S3Error PreconditionFailed, AccessDenied; NoSuchKey when If-Match has nothing to match; NotImplemented for
 * other conditions
 */
export async function writeExpectation(
  call: Call,
  headers: RequestHeaders,
  current: () => Promise<ObjectRecord | undefined>,
): Promise<Expectation | undefined> {
  const ifNoneMatch = headers.get("if-none-match");
  const ifMatch = headers.get("if-match");
  if (headers.has("if-unmodified-since")) throw unsupported("If-Unmodified-Since");
  if (ifNoneMatch !== undefined) {
    if (ifMatch !== undefined || ifNoneMatch.trim() !== "*") throw unsupported("If-None-Match");
    if (await current() !== undefined) throw preconditionFailed("If-None-Match");
    return { absent: true };
  }
  if (ifMatch === undefined) return undefined;
  const wanted = parseEtagList(ifMatch);
  if (wanted !== "*") await call.authorise("s3:GetObject", call.request.bucket, call.request.key);
  const record = await current();
  if (record === undefined) throw new S3Error("NoSuchKey");
  const [etag = record.etag] = await call.sse.listedEtags([record], record.bucket);
  if (!matchesStrongly(wanted, etag)) throw preconditionFailed("If-Match");
  return { revision: record.revision };
}

/** The error of a condition that is not understood where it stands: to go on without it could do what it forbids. */
export function unsupported(header: string): S3Error {
  return new S3Error("NotImplemented", { fields: { Header: header } });
}
