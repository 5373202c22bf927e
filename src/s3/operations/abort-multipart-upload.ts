import { uploadIdOf } from "../multipart/upload-id.ts";
import { operation } from "../operation.ts";

/** AbortMultipartUpload: an upload and its parts go. */
export const abortMultipartUpload = operation({
  name: "AbortMultipartUpload",
  method: "DELETE",
  level: "object",
  selectors: ["uploadId"],
  action: "s3:AbortMultipartUpload",
  parse: uploadIdOf,
  handle: (id, call) => call.store.abortUpload(id),
  reply: () => ({ status: 204, headers: {} }),
});
