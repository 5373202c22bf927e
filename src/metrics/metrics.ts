import type { BucketUsage, UsageReport } from "./bucket-usage.ts";
import type { Family } from "./exposition.ts";
import type { KmsMeter } from "./kms-meter.ts";
import { clusterFamilies, nodeFamilies } from "./minio-v2.ts";
import { legacyFamilies } from "./minio-v1.ts";
import { type ProcessFigures, processFigures } from "./process-figures.ts";
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

/** What the pages are made from. Parts that a server does not have are absent from its pages. */
export interface MetricsParts {
  readonly version: string;
  readonly requests: RequestMeter;
  /** Whether the server can do its work. Never rejects. */
  readonly ready: () => Promise<boolean>;
  readonly audit: readonly AuditFigures[];
  readonly usage?: BucketUsage;
  readonly capacity?: () => Promise<Capacity>;
  readonly kms?: {
    readonly meter: KmsMeter;
    /** Whether a data key could be had now. Never rejects. */
    readonly online: () => Promise<boolean>;
  };
}

/** All numbers of one moment. */
export interface Figures extends Pick<MetricsParts, "version" | "requests" | "audit"> {
  readonly process: ProcessFigures;
  readonly ready: boolean;
  readonly usage: UsageReport | undefined;
  readonly capacity: Capacity | undefined;
  readonly kms: { readonly meter: KmsMeter; readonly online: boolean } | undefined;
}

/** The pages by the path that MinIO serves them at. */
export function metricsPages(parts: MetricsParts): ReadonlyMap<string, () => Promise<readonly Family[]>> {
  return new Map([
    ["/minio/prometheus/metrics", async () => legacyFamilies(await figures(parts))],
    ["/minio/v2/metrics/cluster", async () => clusterFamilies(await figures(parts))],
    ["/minio/v2/metrics/node", async () => nodeFamilies(await figures(parts))],
  ]);
}

async function figures({ ready, usage, capacity, kms, ...parts }: MetricsParts): Promise<Figures> {
  const [process, isReady, disk, online] = await Promise.all([
    processFigures(),
    ready(),
    capacity?.().catch(() => undefined),
    kms?.online(),
  ]);
  return {
    ...parts,
    process,
    ready: isReady,
    usage: usage?.report(),
    capacity: disk,
    kms: kms && { meter: kms.meter, online: online === true },
  };
}
