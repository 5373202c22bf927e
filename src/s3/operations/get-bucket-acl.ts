import { ownerControlsAll } from "../access-control-list.ts";
import { existingBucket } from "../existing-bucket.ts";
import { operation } from "../operation.ts";

export const getBucketAcl = operation({
  name: "GetBucketAcl",
  minioName: "GetBucketACL",
  method: "GET",
  level: "bucket",
  selectors: ["acl"],
  action: "s3:GetBucketAcl",
  parse: () => ({}),
  handle: (_input, call) => existingBucket(call),
  reply: ownerControlsAll,
});
