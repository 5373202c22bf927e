import { existingBucket } from "../existing-bucket.ts";
import { operation } from "../operation.ts";
import { requireOwnersAcl } from "../requested-acl.ts";

export const putBucketAcl = operation({
  name: "PutBucketAcl",
  minioName: "PutBucketACL",
  method: "PUT",
  level: "bucket",
  selectors: ["acl"],
  action: "s3:PutBucketAcl",
  parse: requireOwnersAcl,
  handle: (_input, call) => existingBucket(call),
  reply: () => ({ status: 200, headers: {} }),
});
