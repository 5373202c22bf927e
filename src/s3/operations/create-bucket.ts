import { S3Error } from "../../errors/s3-error.ts";
import { checkBucketName } from "../names.ts";
import { type Call, operation } from "../operation.ts";
import { readDocument } from "../request-document.ts";
import { childOf, childText, parseXml, type XmlNode } from "../../xml/xml-parser.ts";

/** Far more than a location and fifty tags take. */
const MAX_DOCUMENT = 64 * 1024;

/** A document may name the region of this server; without one the bucket is made here all the same. */
export const createBucket = operation({
  name: "CreateBucket",
  minioName: "PutBucket",
  method: "PUT",
  level: "bucket",
  action: "s3:CreateBucket",

  async parse(call) {
    const { bucket, headers } = call.request;
    checkBucketName(bucket);
    if (headers.get("x-amz-bucket-object-lock-enabled")?.toLowerCase() === "true") {
      throw new S3Error("NotImplemented", { message: "Object lock is not implemented." });
    }
    const bytes = await readDocument(call, MAX_DOCUMENT);
    if (bytes.length > 0) checkConfiguration(parseXml(bytes, "CreateBucketConfiguration"), call);
    return { bucket };
  },

  handle: ({ bucket }, { store }) => store.createBucket(bucket),

  reply: (_done, { bucket }) => ({ status: 200, headers: { "Location": `/${bucket}` } }),
});

function checkConfiguration(configuration: XmlNode, call: Call): void {
  const location = childText(configuration, "LocationConstraint")?.trim() ?? "";
  if (location !== "" && !call.isRegion(location)) {
    throw new S3Error("IllegalLocationConstraintException", {
      message: `The ${location} location constraint is incompatible for the region of this server.`,
    });
  }
  const tags = childOf(configuration, "Tags");
  if (tags !== undefined && tags.children.length > 0) {
    throw new S3Error("NotImplemented", { message: "Tags of buckets are not implemented." });
  }
}
