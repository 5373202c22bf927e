import { appendFile } from "node:fs/promises";
import type { AuditTarget } from "./target.ts";

/** Entries that go out in one write. */
const BATCH = 256;

/**
 * A file that gets one entry a line. It is opened for each write, so a file that was moved away (logrotate) is
 * followed by a new one without a signal. Only the server's user may read it.
 */
export function fileTarget(path: string): AuditTarget {
  return {
    name: `file ${path}`,
    batch: BATCH,
    // A write costs more than many entries.
    gather: 10,
    parallel: 1,
    deliver: (entries) => appendFile(path, `${entries.join("\n")}\n`, { mode: 0o600 }),
    close: () => {},
  };
}
