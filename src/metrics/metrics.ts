import type { BucketUsage } from "./bucket-usage.ts";
import type { Family } from "./exposition.ts";
import type { Capacity, Figures } from "./figures.ts";
import type { KmsMeter } from "./kms-meter.ts";
import { clusterFamilies, nodeFamilies } from "./minio-v2.ts";
import { legacyFamilies } from "./minio-v1.ts";
import { processFigures } from "./process-figures.ts";

/** What the pages are made from. Parts that a server does not have are absent from its pages. */
export interface MetricsParts extends Pick<Figures, "version" | "requests" | "audit"> {
  /** Whether the server can do its work. Never rejects. */
  readonly ready: () => Promise<boolean>;
  readonly usage?: BucketUsage;
  readonly capacity?: () => Promise<Capacity>;
  readonly kms?: {
    readonly meter: KmsMeter;
    /** Whether a data key could be had now. Never rejects. */
    readonly online: () => Promise<boolean>;
  };
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
