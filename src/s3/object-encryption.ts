import { S3Error } from "../errors/s3-error.ts";
import { childFlag, parseXml, requiredText } from "../xml/xml-parser.ts";

/** Bytes that the document may take. */
export const MAX_OBJECT_ENCRYPTION = 8 * 1024;

/** What AWS takes for the ARN of a key; the key id is what comes last. */
const KEY_ARN = /^arn:aws[-a-z0-9]*:kms:[-a-z0-9]*:\d{12}:key\/(.+)$/s;

/**
 * The id of the key that an ObjectEncryption document wants objects sealed under; `undefined` for whichever is current,
 * which `SSE-S3` means. Under `SSE-KMS` the id may stand alone or in an ARN, which is the only form that the AWS SDKs
 * send.
 * @throws S3Error MalformedXML, InvalidRequest; NotImplemented for keys of a bucket
 */
export function wantedKeyId(bytes: Uint8Array): string | undefined {
  const { children: [wanted, ...others] } = parseXml(bytes, "ObjectEncryption");
  if (others.length > 0) throw new S3Error("MalformedXML");
  if (wanted?.name === "SSE-S3") return undefined;
  if (wanted?.name !== "SSE-KMS") {
    throw new S3Error("InvalidRequest", {
      message:
        "Requests that modify an object encryption configuration require a valid new encryption type. " +
        "Valid values are SSES3 and SSEKMS.",
    });
  }
  if (childFlag(wanted, "BucketKeyEnabled")) {
    throw new S3Error("NotImplemented", { message: "Keys of a bucket are not implemented." });
  }
  const text = requiredText(wanted, "KMSKeyArn").trim();
  const [, keyId = text] = KEY_ARN.exec(text) ?? [];
  return keyId;
}
