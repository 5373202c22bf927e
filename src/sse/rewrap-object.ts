import { S3Error } from "../errors/s3-error.ts";
import type { Store, UploadRecord } from "../store/store.ts";
import type { Sse } from "./sse.ts";

/** How often an object is taken up anew when others write it at the same time. */
const ATTEMPTS = 8;

/** What became of the data key of an object or upload; see `Rewrap`. */
export type RewrapOutcome = "none" | "sse-c" | "current" | "renewed";

/**
 * Seals the data key of the current object anew, without touching its bytes, its ETag or its date. What others write
 * meanwhile stays theirs.
 * @returns `undefined` where there is no object
 * @throws S3Error NoSuchBucket, ConditionalRequestConflict; what `Sse.rewrap` throws
 */
export async function rewrapObject(
  store: Store,
  sse: Sse,
  bucket: string,
  key: string,
): Promise<RewrapOutcome | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const record = await store.head(bucket, key);
    if (record === undefined) return undefined;
    const rewrap = await sse.rewrap(record);
    if (rewrap.kind !== "renewed") return rewrap.kind;
    const { revision } = record;
    try {
      await store.replaceAttributes({ bucket, key, revision, attributes: rewrap.attributes, keepDate: true });
      return "renewed";
    } catch (thrown) {
      if (!isOutrun(thrown)) throw thrown;
    }
  }
  throw new S3Error("ConditionalRequestConflict");
}

/** The same for an unfinished upload. @returns `undefined` when it has ended */
export async function rewrapUpload(
  store: Store,
  sse: Sse,
  upload: UploadRecord,
): Promise<RewrapOutcome | undefined> {
  const rewrap = await sse.rewrapUpload(upload);
  if (rewrap.kind !== "renewed") return rewrap.kind;
  try {
    await store.replaceUploadMetadata(upload, rewrap.metadata);
    return "renewed";
  } catch (thrown) {
    if (thrown instanceof S3Error && thrown.code === "NoSuchUpload") return undefined;
    throw thrown;
  }
}

/** The object was written or deleted since its record was read. */
function isOutrun(thrown: unknown): boolean {
  return thrown instanceof S3Error && (thrown.code === "PreconditionFailed" || thrown.code === "NoSuchKey");
}
