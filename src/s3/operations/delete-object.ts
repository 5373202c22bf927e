import { S3Error } from "../../errors/s3-error.ts";
import { unsupported } from "../conditions.ts";
import { deleteKey } from "../delete-key.ts";
import { checkKey } from "../names.ts";
import { operation } from "../operation.ts";

/** Deleting what is not there succeeds, unless the request has a condition on it. */
export const deleteObject = operation({
  name: "DeleteObject",
  method: "DELETE",
  level: "object",
  parameters: ["versionId"],
  action: "s3:DeleteObject",

  parse({ request: { key, query, headers } }) {
    checkKey(key);
    if (headers.get("x-minio-force-delete")?.toLowerCase() === "true") {
      throw new S3Error("NotImplemented", { message: "Deleting a whole prefix is not implemented." });
    }
    for (const condition of ["If-None-Match", "If-Unmodified-Since"]) {
      if (headers.has(condition.toLowerCase())) throw unsupported(condition);
    }
    const conditions = {
      etag: headers.get("if-match"),
      lastModified: headers.get("x-amz-if-match-last-modified-time"),
      size: headers.get("x-amz-if-match-size"),
    };
    return { key, versionId: query.get("versionId"), conditions };
  },

  handle: (target, call) => deleteKey(call, target),

  reply: () => ({ status: 204, headers: {} }),
});
