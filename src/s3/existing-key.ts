import type { Call } from "./operation.ts";
import { refuseMissingKey } from "./read-object.ts";

/** Makes sure that the object which the request names is there. @throws S3Error as `refuseMissingKey` */
export async function existingKey(call: Call): Promise<void> {
  const { bucket, key } = call.request;
  if (await call.store.head(bucket, key) === undefined) await refuseMissingKey(call, bucket);
}
