import { operation } from "../operation.ts";

/** DeleteBucketPolicy. Deleting what is not there is no fault. */
export const deleteBucketPolicy = operation({
  name: "DeleteBucketPolicy",
  method: "DELETE",
  level: "bucket",
  selectors: ["policy"],
  action: "s3:DeleteBucketPolicy",
  parse: () => undefined,
  handle: (_input, { store, request }) => store.setBucketDocument(request.bucket, "policy", undefined),
  reply: () => ({ status: 204, headers: {} }),
});
