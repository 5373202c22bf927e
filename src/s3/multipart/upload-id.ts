import type { UploadId } from "../../store/store.ts";
import type { Call } from "../operation.ts";

/** The upload that a request names. Whether there is one the store says; the id is any text. */
export function uploadIdOf({ request }: Call): UploadId {
  return { bucket: request.bucket, key: request.key, uploadId: request.query.get("uploadId") ?? "" };
}
