import { S3Error } from "../../errors/s3-error.ts";

/** Whether the backend has said that it did nothing. */
export function isRefusal(thrown: unknown): thrown is S3Error {
  return thrown instanceof S3Error && (thrown.status < 500 || thrown.code === "NotImplemented");
}
