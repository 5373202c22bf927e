import { S3Error } from "../errors/s3-error.ts";
import {
  childFlag,
  childOf,
  childrenOf,
  childText,
  parseXml,
  requiredText,
  type XmlNode,
} from "../xml/xml-parser.ts";
import { document, element } from "../xml/xml-writer.ts";

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
 * @throws S3Error MalformedXML; InvalidArgument for a key id beside AES256; NotImplemented for SSE-KMS, and for kinds
 * of encryption that the bucket is to refuse
 */
export function checkEncryptionDocument(bytes: Uint8Array): void {
  const rules = childrenOf(parseXml(bytes, "ServerSideEncryptionConfiguration"), "Rule");
  const [rule] = rules;
  const byDefault = rule === undefined ? undefined : childOf(rule, "ApplyServerSideEncryptionByDefault");
  if (rule === undefined || rules.length > 1 || byDefault === undefined) throw new S3Error("MalformedXML");
  childFlag(rule, "BucketKeyEnabled");
  const algorithm = requiredText(byDefault, "SSEAlgorithm").trim();
  if (algorithm.startsWith("aws:kms")) {
    throw new S3Error("NotImplemented", {
      message: "Encryption with keys of a KMS by id is not implemented.",
    });
  }
  if (algorithm !== "AES256") throw new S3Error("MalformedXML");
  if ((childText(byDefault, "KMSMasterKeyID") ?? "").trim() !== "") {
    throw new S3Error("InvalidArgument", {
      message:
        "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
    });
  }
  refuseBlocking(rule);
}

/** A bucket may be told to refuse SSE-C. What would not be kept to is not accepted. */
function refuseBlocking(rule: XmlNode): void {
  const blocked = childOf(rule, "BlockedEncryptionTypes");
  const types = blocked === undefined ? [] : childrenOf(blocked, "EncryptionType");
  if (types.every((type) => type.text.trim() === "NONE")) return;
  throw new S3Error("NotImplemented", { message: "Blocking kinds of encryption is not implemented." });
}
