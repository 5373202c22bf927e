import { S3Error } from "../errors/s3-error.ts";
import { childOf, childrenOf, childText, parseXml, type XmlNode } from "../xml/xml-parser.ts";
import type { Call } from "./operation.ts";
import { OWNER_ID } from "./owner.ts";
import { readDocument } from "./request-document.ts";

/** Room for the 100 grants that an ACL of S3 may have. */
const MAX_DOCUMENT = 64 * 1024;

/** Canned ACLs by which nobody but the owner of everything gets any right. */
const OWNERS_ALONE = new Set(["private", "bucket-owner-full-control"]);

/**
 * Takes an ACL that says what is so anyway, in a header or as a document: the owner has full control, and nobody else
 * anything. Others would be without effect, and are refused as MinIO refuses them: policies open buckets.
 * @throws S3Error NotImplemented, MissingSecurityHeader where there is none, MalformedXML, and as `readDocument`
 */
export async function requireOwnersAcl(call: Call): Promise<void> {
  const { headers } = call.request;
  const document = await readDocument(call, MAX_DOCUMENT);
  const canned = headers.get("x-amz-acl");
  const grants = [...headers.names()].some((name) => name.startsWith("x-amz-grant-"));
  if (canned === undefined && !grants && document.length === 0) throw new S3Error("MissingSecurityHeader");
  const owners = canned === undefined
    ? document.length > 0 && grantsOwnerAlone(parseXml(document, "AccessControlPolicy"))
    : OWNERS_ALONE.has(canned);
  if (grants || !owners) {
    throw new S3Error("NotImplemented", { message: "Rights are given by policies of buckets, not by ACLs." });
  }
}

function grantsOwnerAlone(policy: XmlNode): boolean {
  const list = childOf(policy, "AccessControlList");
  const grants = list === undefined ? [] : childrenOf(list, "Grant");
  return grants.length > 0 && grants.every((grant) => {
    const grantee = childOf(grant, "Grantee");
    return childText(grant, "Permission") === "FULL_CONTROL" && grantee !== undefined &&
      childText(grantee, "ID") === OWNER_ID;
  });
}
