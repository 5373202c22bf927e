import { S3Error } from "../errors/s3-error.ts";

/**
 * The answer to a signature of the old kind. Code and text are those that clients look for before they try again with
 * Signature Version 4.
 */
export function signatureVersion2(): S3Error {
  return new S3Error("InvalidRequest", {
    message: "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
  });
}
