import { parseCopySource } from "../http/copy-source.ts";
import type { RequestHeaders } from "../http/headers.ts";
import { checkBucketName, checkKey } from "./names.ts";
import { checkVersionId } from "./version-id.ts";

/** The object that a copy reads. */
export interface CopySource {
  readonly bucket: string;
  readonly key: string;
}

/**
 * The object that x-amz-copy-source names.
 * @throws S3Error InvalidArgument; InvalidBucketName, KeyTooLongError; NoSuchVersion
 */
export function copySource(headers: RequestHeaders): CopySource {
  const { bucket, key, versionId } = parseCopySource(headers.get("x-amz-copy-source") ?? "");
  checkBucketName(bucket);
  checkKey(key);
  checkVersionId(versionId);
  return { bucket, key };
}
