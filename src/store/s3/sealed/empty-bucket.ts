import { concurrently } from "../../concurrently.ts";
import type { RemoteObjects } from "../remote-objects.ts";
import type { RemoteUploads } from "../remote-uploads.ts";
import { keyOfData, ownName } from "./names.ts";

const AT_ONCE = 16;

/**
 * Takes what unfinished writes have left out of a bucket that has no objects: nothing that a client could see, but the
 * backend would not delete the bucket.
 */
export async function emptyBucket(
  bucket: string,
  { uploads, objects, names }: {
    readonly uploads: RemoteUploads;
    readonly objects: RemoteObjects;
    readonly names: () => Promise<readonly string[]>;
  },
): Promise<void> {
  const query = { bucket, prefix: "", delimiter: "", afterKey: "", afterUploadId: "", limit: 1000 };
  const { uploads: unfinished } = await uploads.list(query);
  const own = unfinished.filter(({ key }) => keyOfData(key) !== undefined);
  await concurrently(own, AT_ONCE, (upload) => uploads.abort(upload));
  const left = (await names()).filter((name) => ownName(name) !== undefined);
  await concurrently(left, AT_ONCE, (name) => objects.delete(bucket, name));
}
