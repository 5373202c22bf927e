import { existingBucket } from "../existing-bucket.ts";
import { operation } from "../operation.ts";
import { document } from "../../xml/xml-writer.ts";

/** The region, which S3 leaves empty for us-east-1. */
export const getBucketLocation = operation({
  name: "GetBucketLocation",
  method: "GET",
  level: "bucket",
  selectors: ["location"],
  action: "s3:GetBucketLocation",
  parse: () => ({}),
  handle: (_input, call) => existingBucket(call),
  reply: (_bucket, _input, { region }) => ({
    status: 200,
    headers: { "Content-Type": "application/xml" },
    body: document("LocationConstraint", region === "us-east-1" ? "" : region),
  }),
});
