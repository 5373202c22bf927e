import { existingBucket } from "../existing-bucket.ts";
import { operation } from "../operation.ts";
import { document } from "../../xml/xml-writer.ts";

/** An empty configuration: versioning was never turned on. */
export const getBucketVersioning = operation({
  name: "GetBucketVersioning",
  method: "GET",
  level: "bucket",
  selectors: ["versioning"],
  action: "s3:GetBucketVersioning",
  parse: () => ({}),
  handle: (_input, call) => existingBucket(call),
  reply: () => ({
    status: 200,
    headers: { "Content-Type": "application/xml" },
    body: document("VersioningConfiguration", ""),
  }),
});
