import { S3Error } from "../errors/s3-error.ts";
import { childFlag, childOf, childrenOf, parseXml, requiredText } from "./xml-parser.ts";
import { document, element } from "./xml-writer.ts";

/** Bytes that a configuration may take. */
export const MAX_ENCRYPTION_DOCUMENT = 8 * 1024;

/** The only configuration there is: objects without a word about encryption are encrypted with SSE-S3. */
export const ENCRYPTION_DOCUMENT: Uint8Array = document("ServerSideEncryptionConfiguration", [
  element("Rule", [
    element("ApplyServerSideEncryptionByDefault", element("SSEAlgorithm", "AES256")),
    element("BucketKeyEnabled", false),
  ]),
]);

/**
 * Checks that a configuration asks for what there is.
 * @throws S3Error MalformedXML; NotImplemented for SSE-KMS
 */
export function checkEncryptionDocument(bytes: Uint8Array): void {
  const rules = childrenOf(parseXml(bytes, "ServerSideEncryptionConfiguration"), "Rule");
  const [rule] = rules;
  const byDefault = rule === undefined ? undefined : childOf(rule, "ApplyServerSideEncryptionByDefault");
  if (rule === undefined || rules.length > 1 || byDefault === undefined) throw new S3Error("MalformedXML");
  childFlag(rule, "BucketKeyEnabled");
  const algorithm = requiredText(byDefault, "SSEAlgorithm").trim();
  if (algorithm.startsWith("aws:kms") || childOf(byDefault, "KMSMasterKeyID") !== undefined) {
    throw new S3Error("NotImplemented", {
      message: "Encryption with keys of a KMS by id is not implemented.",
    });
  }
  if (algorithm !== "AES256") throw new S3Error("MalformedXML");
}
