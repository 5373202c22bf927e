import { operation } from "../operation.ts";

export const deleteBucket = operation({
  name: "DeleteBucket",
  method: "DELETE",
  level: "bucket",
  action: "s3:DeleteBucket",
  parse: ({ request }) => ({ bucket: request.bucket }),
  handle: ({ bucket }, { store }) => store.deleteBucket(bucket),
  reply: () => ({ status: 204, headers: {} }),
});
