import type { RemoteObjects } from "../remote-objects.ts";

/** Takes away the plain object that an encrypted one hides now. */
export type Hide = () => Promise<void>;

/**
 * Looks which plain object an encrypted one is about to hide. Never rejects.
 * @returns what takes that very one away, and none that somebody writes to replace the encrypted one
 */
export async function lookWhatIsHidden(objects: RemoteObjects, bucket: string, key: string): Promise<Hide> {
  try {
    const etag = await objects.etagOf(bucket, key);
    return async () => void (etag !== undefined && await objects.deleteExactly(bucket, key, etag));
  } catch {
    // One that cannot be looked at must not stay either.
    return () => objects.delete(bucket, key);
  }
}
