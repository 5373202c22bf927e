import type { Limits } from "../../conformance/limits.ts";

/** What MinIO's FS layout cannot express, with MinIO's errors (minio-formats 8.3). */
export const FS_LIMITS: Limits = {
  refusedKeys: [
    [/^\/|\/\/|\\|\0/, "XMinioInvalidObjectName"],
    [/(^|\/)\.\.?(\/|$)/, "XMinioInvalidResourceName"],
    [/[^/]{256}/, "KeyTooLongError"],
  ],
  keysArePaths: true,
};
