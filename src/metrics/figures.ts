import type { UsageReport } from "./bucket-usage.ts";
import type { KmsMeter } from "./kms-meter.ts";
import type { ProcessFigures } from "./process-figures.ts";
import type { RequestMeter } from "./request-meter.ts";

/** Bytes of the disk that a store is on. */
export interface Capacity {
  readonly total: number;
  /** What this process may still use. */
  readonly free: number;
}

/** How one target of the audit log fares. */
export interface AuditFigures {
  readonly name: string;
  readonly total: number;
  /** Entries that will never arrive. */
  readonly lost: number;
  /** Entries that wait. */
  readonly length: number;
}

/** All numbers of one moment. What a server does not have is `undefined`. */
export interface Figures {
  readonly version: string;
  readonly requests: RequestMeter;
  readonly process: ProcessFigures;
  readonly ready: boolean;
  readonly audit: readonly AuditFigures[];
  readonly usage: UsageReport | undefined;
  readonly capacity: Capacity | undefined;
  readonly kms: { readonly meter: KmsMeter; readonly online: boolean } | undefined;
}
