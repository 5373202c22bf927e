import { AuditLog } from "../audit/audit-log.ts";
import { createApp } from "../app.ts";
import { staticCredentials } from "../auth/credentials.ts";
import type { Config } from "../config/config.ts";
import { health, kmsOnline } from "../health.ts";
import type { Kms } from "../kms/kms.ts";
import type { Log } from "../log/log.ts";
import type { BucketUsage } from "../metrics/bucket-usage.ts";
import type { KmsMeter } from "../metrics/kms-meter.ts";
import type { Capacity } from "../metrics/figures.ts";
import { metricsPages } from "../metrics/metrics.ts";
import { allowsScraping } from "../metrics/prometheus-token.ts";
import { RequestMeter } from "../metrics/request-meter.ts";
import { createDispatcher } from "../s3/dispatch.ts";
import type { Sse } from "../sse/sse.ts";
import type { Store } from "../store/store.ts";
import { auditTargets } from "./audit-targets.ts";
import { kmsLine } from "./configured-kms.ts";
import type { Service } from "./serve.ts";
import { VERSION } from "./version.ts";

/** What a command has opened to serve. */
export interface Opened {
  readonly store: Store;
  readonly sse: Sse;
  /** The `HostId` of error documents. */
  readonly hostId: string;
  /** What the objects are kept in, for the banner. */
  readonly storage: string;
  readonly kms: { readonly service: Kms; readonly meter: KmsMeter } | undefined;
  /** Only where listing everything costs nobody anything. */
  readonly usage?: BucketUsage;
  readonly capacity?: () => Promise<Capacity>;
}

/** Makes the service of a command: S3 over what it opened, watched and metered. @throws FatalError */
export async function assembleService(opened: Opened, config: Config, log: Log): Promise<Service> {
  const { store, sse, hostId, storage, kms, usage, capacity } = opened;
  const { rootUser, rootPassword, publicMetrics, encryption: { autoEncryption }, pace } = config;
  const requests = new RequestMeter();
  const audit = new AuditLog(await auditTargets(config), hostId, log);
  const ready = health(store, kms?.service, autoEncryption);
  const s3 = createDispatcher({
    store,
    sse,
    credentials: staticCredentials([{ accessKey: rootUser, secretKey: rootPassword }]),
    region: config.region,
    domains: config.domains,
    deploymentId: hostId,
    log,
    uploadPace: { silence: pace.readDeadline, rate: pace.rate },
    downloadPace: { silence: pace.writeDeadline, rate: pace.rate },
    observers: audit.queues.length === 0 ? [requests] : [requests, audit],
  });
  const pages = metricsPages({
    version: VERSION,
    requests,
    ready,
    audit: audit.queues,
    ...usage && { usage },
    ...capacity && { capacity },
    ...kms && { kms: { meter: kms.meter, online: kmsOnline(kms.service) } },
  });
  const allows = async (authorization: string | undefined) =>
    publicMetrics || await allowsScraping(authorization, rootUser, rootPassword);
  return {
    handler: createApp({ s3, ready, hostId, metrics: { pages, allows }, log }),
    hostId,
    storage,
    kms: kmsLine(config.encryption),
    autoEncryption,
    close: async (patience) => {
      await Promise.all([audit.close(patience), usage?.close()]);
      await store.close();
      await kms?.service.close();
    },
  };
}
