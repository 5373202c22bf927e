import { S3Error } from "../../../errors/s3-error.ts";
import { concurrently } from "../../concurrently.ts";
import type { ListedObject } from "../../store.ts";
import { allUploads } from "../all-uploads.ts";
import type { RemoteObjects } from "../remote-objects.ts";
import type { RemoteUploads } from "../remote-uploads.ts";
import { mayBeUnfinished } from "./longest-write.ts";
import { keyOfData, ownName } from "./names.ts";

const AT_ONCE = 16;

/**
 * Takes what unfinished writes have left out of a bucket that has no objects: nothing that a client could see, but the
 * backend would not delete the bucket.
 * @throws S3Error BucketNotEmpty, before anything is taken, when there are objects, even if nobody can read them
 */
export async function emptyBucket(
  bucket: string,
  { uploads, objects, all }: {
    readonly uploads: RemoteUploads;
    readonly objects: RemoteObjects;
    readonly all: () => Promise<readonly ListedObject[]>;
  },
): Promise<void> {
  const names = await all();
  if (names.some(isObject)) throw new S3Error("BucketNotEmpty");
  await abortUploads(bucket, uploads);
  await concurrently(names.filter(isLeft), AT_ONCE, ({ key }) => objects.delete(bucket, key));
}

/** Whether a name makes an object visible. */
function isObject({ key }: ListedObject): boolean {
  const kind = ownName(key)?.kind;
  return kind === undefined || kind === "meta";
}

/** Whether nothing can come of it any more: not data that another gateway may be about to write the document for. */
function isLeft({ key, lastModified }: ListedObject): boolean {
  const kind = ownName(key)?.kind;
  return kind === "upload" || (kind === "data" && !mayBeUnfinished(lastModified));
}

/** A backend that lists no uploads is left to know itself whether some are in the way. */
async function abortUploads(bucket: string, uploads: RemoteUploads): Promise<void> {
  try {
    const own = (await allUploads(uploads, bucket, "")).filter(({ key }) => keyOfData(key) !== undefined);
    await concurrently(own, AT_ONCE, (upload) => uploads.abort(upload));
  } catch (thrown) {
    if (!(thrown instanceof S3Error) || !["NotImplemented", "MethodNotAllowed"].includes(thrown.code)) {
      throw thrown;
    }
  }
}
