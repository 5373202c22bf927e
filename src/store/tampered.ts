import { S3Error } from "../errors/s3-error.ts";

/** What is told of an object that somebody else than this program changed. @param cause how that shows, for the log */
export function tampered(cause: unknown): S3Error {
  return new S3Error("XMinioObjectTampered", { cause });
}
