import { setImmediate } from "node:timers";
import type { DatabaseSync } from "node:sqlite";
import type { BlobFiles } from "./blob-files.ts";

/** Files checked without letting anything else run; each costs a few microseconds. */
const CHECKED_AT_ONCE = 64;

/**
 * Removes files that no row names: what a crash left of writes and removals. Files that are being written or read
 * stay. It looks at one fan-out directory at a time and stops early when `signal` aborts.
 * @returns how many files it removed
 */
export async function sweepOrphans(
  database: DatabaseSync,
  files: BlobFiles,
  signal: AbortSignal,
): Promise<number> {
  const named = database.prepare(
    "SELECT 1 FROM segments WHERE file = ?1 UNION ALL SELECT 1 FROM parts WHERE file = ?1",
  );
  let removed = 0;
  for await (const names of files.everyDirectory()) {
    for (let i = 0; i < names.length; i += CHECKED_AT_ONCE) {
      if (signal.aborted) return removed;
      const orphans = names.slice(i, i + CHECKED_AT_ONCE)
        .filter((file) => !files.inUse(file) && named.get(file) === undefined);
      files.release(orphans);
      removed += orphans.length;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (signal.aborted) return removed;
  }
  return removed;
}
