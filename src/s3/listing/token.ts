import { Buffer } from "node:buffer";
import { S3Error } from "../../errors/s3-error.ts";
import { MAX_KEY_BYTES } from "../names.ts";

/** First byte of every token, so that another form can follow. */
const VERSION = 1;

/** An opaque continuation token: base64url of the version and the name after which the next page begins. */
export function continuationToken(after: string): string {
  return Buffer.concat([Buffer.of(VERSION), Buffer.from(after)]).toString("base64url");
}

/**
 * The name inside a token, `undefined` without a token.
 * @throws S3Error InvalidArgument for what `continuationToken` never made
 */
export function nameInToken(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const bytes = Buffer.from(token, "base64url");
  const name = bytes.subarray(1).toString();
  const genuine = bytes.length > 1 && bytes.length <= 1 + MAX_KEY_BYTES && bytes[0] === VERSION &&
    continuationToken(name) === token;
  if (genuine) return name;
  throw new S3Error("InvalidArgument", {
    message: "The continuation token provided is incorrect",
    fields: { ArgumentName: "continuation-token" },
  });
}
