import { S3Error } from "../errors/s3-error.ts";

/** What is told of an object that somebody else than this program changed. @param cause how that shows, for the log */
export function tampered(cause: unknown): S3Error {
  return new S3Error("XMinioObjectTampered", { cause });
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
