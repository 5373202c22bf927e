import { S3Error } from "../../errors/s3-error.ts";
import type { UploadId } from "../../store/store.ts";
import type { Call } from "../operation.ts";

/**
 * The upload that a request names. Whether it exists under this bucket and key the store says.
 * @throws S3Error NoSuchUpload for what cannot be an id
 */
export function uploadIdOf({ request: { bucket, key, query } }: Call): UploadId {
  const uploadId = query.get("uploadId") ?? "";
  if (!isUploadId(uploadId)) throw new S3Error("NoSuchUpload");
  return { bucket, key, uploadId };
}

/** Whether text has the form of an id: visible ASCII of a bounded length, wide enough for the ids of every store. */
export function isUploadId(text: string): boolean {
  return /^[\x21-\x7e]{1,1024}$/.test(text);
}
