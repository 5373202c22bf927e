import { statfsSync } from "node:fs";
import { S3Error } from "../../errors/s3-error.ts";

/** Kept free, so that deletes, which need some room in the write-ahead log, still work when writes no longer do. */
const RESERVE = 32 * 1024 * 1024;

/**
 * Refuses a body that would eat into the reserve.
 * @param size bytes of the body, as far as they are known
 * @throws S3Error XMinioStorageFull
 */
export function requireSpace(directory: string, size: number): void {
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize < size + RESERVE) throw new S3Error("XMinioStorageFull");
}
