import { escapeLine } from "../log/text.ts";
import { S3Error } from "../errors/s3-error.ts";

/**
 * A line that tells what is wrong with one object.
 * @param word what has become of it: `damaged`
 */
export function faultLine(
  word: string,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  thrown: unknown,
  json: boolean,
): string {
  const reason = reasonOf(thrown);
  if (json) return `${JSON.stringify({ state: word, bucket, key, reason })}\n`;
  return `${word.padEnd(8)} ${escapeLine(`${bucket}/${key}: ${reason}`)}\n`;
}

/** What a client is told tells an operator nothing; the cause does. */
function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof S3Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return cause instanceof Error ? cause.message : String(cause);
}
