import { S3Error } from "./s3-error.ts";

/**
 * What is told of an object, or of an upload, that somebody else than this program changed.
 * @param why how that shows, in words or as what was thrown; for the log and the operator alone
 */
export function tampered(why: unknown): S3Error {
  return new S3Error("XMinioObjectTampered", { cause: typeof why === "string" ? new Error(why) : why });
}

/** What a look at something gives, `undefined` where somebody changed it: it cannot be told then, but must be in nobody's way. */
export function unlessTampered<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (thrown) {
    if (thrown instanceof S3Error && thrown.code === "XMinioObjectTampered") return undefined;
    throw thrown;
  }
}
