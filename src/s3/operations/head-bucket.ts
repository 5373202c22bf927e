import { existingBucket } from "../existing-bucket.ts";
import { operation } from "../operation.ts";

export const headBucket = operation({
  name: "HeadBucket",
  method: "HEAD",
  level: "bucket",
  action: "s3:ListBucket",
  parse: () => ({}),
  handle: (_input, call) => existingBucket(call),
  reply: (_bucket, _input, { region }) => ({ status: 200, headers: { "x-amz-bucket-region": region } }),
});
