import { statfsSync } from "node:fs";

/** Bytes that this user may still write to the disk of `directory`. */
export function freeSpace(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}
