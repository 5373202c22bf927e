import { S3Error } from "../errors/s3-error.ts";

/** Bytes `[start, start + length)` of an object. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/**
 * The one range that a Range header asks of an object of `size` bytes (RFC 9110 section 14.1.2), clipped to it.
 * @returns `undefined` when the whole object is to be sent: a unit or form that is not understood, a last byte
 * before the first, several ranges, or the last bytes of an empty object, by which MinIO's gateway reads one
 * @throws S3Error InvalidRange when no byte of the object lies in it
 */
export function parseRange(header: string, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header.trim());
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") {
    if (last === "") return undefined;
    if (Number(last) === 0) throw unsatisfiable(header, size);
    if (size === 0) return undefined;
    const length = Math.min(Number(last), size);
    return { start: size - length, length };
  }
  const start = Number(first);
  const end = last === "" ? Infinity : Number(last);
  if (end < start) return undefined;
  if (start >= size) throw unsatisfiable(header, size);
  return { start, length: Math.min(end, size - 1) - start + 1 };
}

/**
 * The value of x-amz-copy-source-range, which is always `bytes=first-last` and must lie within the source.
 * @throws S3Error InvalidArgument
 */
export function parseCopyRange(header: string, size: number): ByteRange {
  const match = /^bytes=(\d+)-(\d+)$/.exec(header);
  const start = Number(match?.[1]);
  const end = Number(match?.[2]);
  if (match === null || end < start) {
    throw new S3Error("InvalidArgument", {
      message:
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
      fields: { ArgumentName: "x-amz-copy-source-range", ArgumentValue: header },
    });
  }
  if (end >= size) {
    throw new S3Error("InvalidArgument", {
      message: `Range specified is not valid for source object of size: ${size}`,
      fields: { ArgumentName: "x-amz-copy-source-range", ArgumentValue: header },
    });
  }
  return { start, length: end - start + 1 };
}

/** The highest part number. */
export const MAX_PART_NUMBER = 10_000;

/**
 * A part number, 1 to 10000.
 * @throws S3Error InvalidArgument
 */
export function parsePartNumber(text: string): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MAX_PART_NUMBER) {
    throw new S3Error("InvalidArgument", {
      message: `Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive`,
      fields: { ArgumentName: "partNumber", ArgumentValue: text },
    });
  }
  return number;
}

/** `bytes 0-9/100`: which bytes of how many an answer carries. */
export function contentRange({ start, length }: ByteRange, size: number): string {
  return `bytes ${start}-${start + length - 1}/${size}`;
}

function unsatisfiable(header: string, size: number): S3Error {
  return new S3Error("InvalidRange", {
    fields: { RangeRequested: header, ActualObjectSize: String(size) },
    headers: { "Content-Range": `bytes */${size}` },
  });
}
