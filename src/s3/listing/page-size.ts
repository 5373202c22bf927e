import { S3Error } from "../../errors/s3-error.ts";
import type { QueryParameters } from "../../http/query.ts";

/** The greatest number that S3 takes for a page size. */
const MOST_ASKED = 2 ** 31 - 1;

/**
 * How many entries a page may have: `max-keys`, `max-parts`, `max-uploads`, `max-buckets`.
 * @param most what a page holds at most, and by default; more may be asked for and is cut down
 * @param least the smallest number that may be asked for
 * @throws S3Error InvalidArgument when it is no integer, or out of range
 */
export function pageSize(query: QueryParameters, name: string, most: number, least = 0): number {
  const text = query.get(name) ?? "";
  if (text === "") return most;
  const fields = { ArgumentName: name, ArgumentValue: text };
  if (!/^-?\d{1,15}$/.test(text)) {
    throw new S3Error("InvalidArgument", {
      message: `Provided ${name} not an integer or within integer range`,
      fields,
    });
  }
  const size = Number(text);
  if (size < least || size > MOST_ASKED) {
    throw new S3Error("InvalidArgument", {
      message: `Argument ${name} must be an integer between ${least} and ${MOST_ASKED}`,
      fields,
    });
  }
  return Math.min(size, most);
}
