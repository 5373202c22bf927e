import { S3Error } from "../../../errors/s3-error.ts";

/** The error for an answer of something that was not asked for. */
export function foreign(what: string): S3Error {
  return new S3Error("InternalError", { cause: new Error(`the backend sent ${what}`) });
}
