import { S3Error } from "../errors/s3-error.ts";
import type { BucketRecord, ListedObject, ObjectPage, Store, UploadPage, UploadRecord } from "./store.ts";

/** Entries of one page. */
const PAGE = 1000;

/** Every bucket, in byte order of the names. */
export async function* everyBucket(store: Pick<Store, "listBuckets">): AsyncGenerator<BucketRecord> {
  for (let after: string | undefined = ""; after !== undefined;) {
    const { buckets, truncated } = await store.listBuckets({ prefix: "", after, limit: PAGE });
    yield* buckets;
    after = truncated ? buckets.at(-1)?.name : undefined;
  }
}

/** Every object, in pages of one bucket each. What is written meanwhile may be among them or not. */
export async function* everyObject(
  store: Pick<Store, "listBuckets" | "listObjects">,
): AsyncGenerator<{ readonly bucket: string; readonly objects: readonly ListedObject[] }> {
  for await (const { name: bucket } of everyBucket(store)) {
    const query = { bucket, prefix: "", delimiter: "", limit: PAGE };
    const list = (after: string) => store.listObjects({ ...query, after });
    for await (const { objects } of pages<string, ObjectPage>(list, "")) yield { bucket, objects };
  }
}

/** Every unfinished upload, in pages of one bucket each. */
export async function* everyUpload(
  store: Pick<Store, "listBuckets" | "listUploads">,
): AsyncGenerator<readonly UploadRecord[]> {
  for await (const { name: bucket } of everyBucket(store)) {
    const query = { bucket, prefix: "", delimiter: "", limit: PAGE };
    const list = ({ key, uploadId }: NonNullable<UploadPage["next"]>) =>
      store.listUploads({ ...query, afterKey: key, afterUploadId: uploadId });
    for await (const { uploads } of pages(list, { key: "", uploadId: "" })) yield uploads;
  }
}

/** The pages of a listing, up to the last, or until its bucket is deleted. */
async function* pages<Position, Page extends { readonly next?: Position }>(
  list: (from: Position) => Promise<Page>,
  first: Position,
): AsyncGenerator<Page> {
  try {
    for (let next: Position | undefined = first; next !== undefined;) {
      const page: Page = await list(next);
      yield page;
      next = page.next;
    }
  } catch (thrown) {
    if (!(thrown instanceof S3Error && thrown.code === "NoSuchBucket")) throw thrown;
  }
}
