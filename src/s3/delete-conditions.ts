import { S3Error } from "../errors/s3-error.ts";
import type { Expectation } from "../store/store.ts";
import { preconditionFailed } from "./conditions.ts";
import { parseHttpDate } from "./dates.ts";
import { matchesStrongly, parseEtagList } from "./etag.ts";
import type { Call } from "./operation.ts";

/** What a client demands of the object that it deletes, in its own words; `undefined` for what it does not. */
export interface DeleteConditions {
  /** An ETag with or without quotes, or `*` for any object. */
  readonly etag: string | undefined;
  /** A date in an HTTP or the ISO form; whole seconds are compared. */
  readonly lastModified: string | undefined;
  /** Plaintext bytes. */
  readonly size: string | undefined;
}

/**
 * What must be current for the delete to happen. An ETag demands that the object exists; time and size hold of an
 * object that does not. Whoever compares must be allowed to read, since the answer tells what is there.
 * @returns `undefined` when anything may be deleted
 * @throws S3Error AccessDenied, NoSuchKey, NoSuchBucket, PreconditionFailed; InvalidArgument for a time or size that is none
 */
export async function deleteExpectation(
  call: Call,
  bucket: string,
  key: string,
  conditions: DeleteConditions,
): Promise<Expectation | undefined> {
  const { etag } = conditions;
  const lastModified = parseTime(conditions.lastModified);
  const size = parseSize(conditions.size);
  if (etag === undefined && lastModified === undefined && size === undefined) return undefined;
  if (etag?.trim() !== "*") await call.authorise("s3:GetObject", bucket, key);
  const record = await call.store.head(bucket, key);
  if (record === undefined) {
    if (etag !== undefined) throw new S3Error("NoSuchKey");
    return { absent: true };
  }
  if (etag !== undefined) {
    const [shown = record.etag] = await call.sse.listedEtags([record], record.bucket);
    if (!matchesStrongly(parseEtagList(etag), shown)) throw preconditionFailed("If-Match");
  }
  if (lastModified !== undefined && lastModified !== Math.floor(record.lastModified / 1000)) {
    throw preconditionFailed("x-amz-if-match-last-modified-time");
  }
  if (size !== undefined && size !== record.size) throw preconditionFailed("x-amz-if-match-size");
  return { revision: record.revision };
}

/** Whole seconds since the epoch. */
function parseTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/.test(text.trim());
  const ms = iso ? Date.parse(text.trim()) : parseHttpDate(text) ?? Number.NaN;
  if (Number.isNaN(ms)) throw invalid("x-amz-if-match-last-modified-time", text);
  return Math.floor(ms / 1000);
}

function parseSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text.trim())) throw invalid("x-amz-if-match-size", text);
  return Number(text);
}

function invalid(name: string, value: string): S3Error {
  return new S3Error("InvalidArgument", { fields: { ArgumentName: name, ArgumentValue: value } });
}
