import { S3Error } from "../errors/s3-error.ts";
import type { BucketRecord } from "../store/store.ts";
import type { Call } from "./operation.ts";

/** The bucket that the request names. @throws S3Error NoSuchBucket */
export async function existingBucket(call: Call): Promise<BucketRecord> {
  const bucket = await call.store.getBucket(call.request.bucket);
  if (bucket === undefined) throw new S3Error("NoSuchBucket");
  return bucket;
}
