import { S3Error } from "../../errors/s3-error.ts";
import type { Identity } from "../authentication.ts";
import { requireSignature } from "./compare.ts";
import type { SigV4Context } from "./context.ts";
import { parseAmzDate } from "./date.ts";
import { parseScope } from "./scope.ts";
import { signature } from "./signing-key.ts";

/**
 * Who signed the policy of a browser form. The string to sign is the base64 text of the `policy` field itself.
 * @param fields form fields, names in lower case
 * @throws S3Error AccessDenied, InvalidAccessKeyId, SignatureDoesNotMatch
 */
export function verifyForm(fields: ReadonlyMap<string, string>, context: SigV4Context): Identity {
  const policy = fields.get("policy");
  const given = fields.get("x-amz-signature");
  if (policy === undefined && given === undefined) {
    if (fields.has("awsaccesskeyid") || fields.has("signature")) throw new S3Error("UnsupportedSignature");
    return { kind: "anonymous" };
  }
  if (policy === undefined) throw missing("policy");
  if (given === undefined) {
    throw fields.has("signature") ? new S3Error("UnsupportedSignature") : missing("X-Amz-Signature");
  }
  if (fields.get("x-amz-algorithm") !== "AWS4-HMAC-SHA256") throw missing("X-Amz-Algorithm");
  const date = fields.get("x-amz-date") ?? "";
  const scope = parseScope(
    fields.get("x-amz-credential") ?? "",
    context.region,
    (message, extra) =>
      new S3Error("AccessDenied", { message, ...(extra === undefined ? {} : { fields: extra }) }),
  );
  if (parseAmzDate(date) === undefined || !date.startsWith(scope.day)) throw missing("X-Amz-Date");
  const secretKey = context.credentials.lookup(scope.accessKey);
  if (secretKey === undefined) throw new S3Error("InvalidAccessKeyId");
  requireSignature(given, signature(context.signingKeys.get(secretKey, scope), policy));
  return { kind: "user", accessKey: scope.accessKey };
}

function missing(field: string): S3Error {
  return new S3Error("AccessDenied", {
    message: `Bucket POST must contain a valid field named '${field}'.`,
  });
}
