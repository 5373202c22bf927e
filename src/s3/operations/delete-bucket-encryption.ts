import { operation } from "../operation.ts";

/** DeleteBucketEncryption: the bucket encrypts only what asks for it. Objects stay as they are. */
export const deleteBucketEncryption = operation({
  name: "DeleteBucketEncryption",
  method: "DELETE",
  level: "bucket",
  selectors: ["encryption"],
  action: "s3:PutEncryptionConfiguration",
  parse: () => ({}),
  handle: (_input, call) => call.store.setBucketDocument(call.request.bucket, "encryption", undefined),
  reply: () => ({ status: 204, headers: {} }),
});
