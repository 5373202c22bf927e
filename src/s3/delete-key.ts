import { type DeleteConditions, deleteExpectation } from "./delete-conditions.ts";
import { existingBucket } from "./existing-bucket.ts";
import type { Call } from "./operation.ts";
import { checkVersionId, NULL_VERSION } from "./version-id.ts";

/** What is to be deleted from the bucket of a request. */
export interface KeyToDelete {
  readonly key: string;
  /** As sent; `undefined` for none. */
  readonly versionId: string | undefined;
  readonly conditions: DeleteConditions;
}

/**
 * Deletes an object where its conditions hold. As a key that is not there, so a version that is not there is deleted
 * already, unless an ETag demands one.
 * @throws S3Error NoSuchBucket, InvalidArgument for an empty version, NoSuchVersion, and as `deleteExpectation`
 */
export async function deleteKey(call: Call, { key, versionId, conditions }: KeyToDelete): Promise<void> {
  const { bucket } = call.request;
  const namesAnother = versionId !== undefined && versionId !== "" && versionId !== NULL_VERSION;
  if (namesAnother && conditions.etag === undefined) return void await existingBucket(call);
  checkVersionId(versionId);
  const expect = await deleteExpectation(call, bucket, key, conditions);
  await call.store.deleteObject({ bucket, key, ...(expect === undefined ? {} : { expect }) });
}
