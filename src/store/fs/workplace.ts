import type { FirmSync } from "./firm-sync.ts";
import type { Layout } from "./layout.ts";
import type { Locks } from "./locks.ts";
import type { Staging } from "./staging.ts";

/** What everything that writes to the directory works with. */
export interface Workplace {
  readonly layout: Layout;
  readonly staging: Staging;
  /** By `bucket/key`. */
  readonly keys: Locks;
  /** By bucket; may be asked for by who holds a key. */
  readonly buckets: Locks;
  readonly directories: FirmSync;
}
