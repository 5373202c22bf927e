import { S3Error } from "../../errors/s3-error.ts";

/** The refusal of a policy document, with the reason as S3 words it. */
export function malformedPolicy(message: string): S3Error {
  return new S3Error("MalformedPolicy", { message });
}
