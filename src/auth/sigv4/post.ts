import { S3Error } from "../../errors/s3-error.ts";
import type { Identity } from "../authentication.ts";
import { signatureVersion2 } from "../signature-version-2.ts";
import { signingKeyOf, type SigV4Context, verifySignature } from "./context.ts";
import { parseAmzDate } from "../../sigv4/amz-date.ts";
import { parseScope } from "./scope.ts";

/**
 * Who signed the policy of a browser form. The string to sign is the base64 text of the `policy` field itself; when
 * the policy ends is said in it, so the date of the signature has no limit of its own.
 * @param fields form fields, names in lower case
 * @throws S3Error InvalidArgument for a field that is missing or malformed; InvalidAccessKeyId, SignatureDoesNotMatch;
 * InvalidRequest for Signature Version 2
 */
export function verifyForm(fields: ReadonlyMap<string, string>, context: SigV4Context): Identity {
  const policy = fields.get("policy");
  const given = fields.get("x-amz-signature");
  if (given === undefined && (fields.has("awsaccesskeyid") || fields.has("signature"))) {
    throw signatureVersion2();
  }
  if (policy === undefined && given === undefined) return { kind: "anonymous" };
  if (policy === undefined) throw invalid("Policy");
  if (given === undefined) throw invalid("X-Amz-Signature");
  if (fields.get("x-amz-algorithm") !== "AWS4-HMAC-SHA256") {
    throw invalid("X-Amz-Algorithm", 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  }
  const credential = fields.get("x-amz-credential");
  if (credential === undefined) throw invalid("X-Amz-Credential");
  const { region } = context;
  const scope = parseScope(credential, region === undefined ? undefined : [region], (wrong, detail) => {
    const message = `Error parsing the X-Amz-Credential parameter; ${wrong}`;
    return new S3Error("InvalidArgument", { message, ...detail });
  });
  const date = fields.get("x-amz-date");
  if (date === undefined) throw invalid("X-Amz-Date");
  if (parseAmzDate(date) === undefined || !date.startsWith(scope.day)) {
    throw invalid(
      "X-Amz-Date",
      "X-Amz-Date must be a date of the form yyyyMMddTHHmmssZ on the credential's day",
    );
  }
  verifySignature(given, signingKeyOf(scope, context), policy);
  return { kind: "user", accessKey: scope.accessKey };
}

function invalid(field: string, message?: string): S3Error {
  return new S3Error("InvalidArgument", {
    message: message ??
      `Bucket POST must contain a field named '${field}'.  If it is specified, please check the order of the fields.`,
    fields: { ArgumentName: field },
  });
}
