import type { Config } from "../config/config.ts";
import type { Log } from "../log/log.ts";
import { BucketUsage } from "../metrics/bucket-usage.ts";
import { diskCapacity } from "../metrics/disk-capacity.ts";
import { KmsMeter } from "../metrics/kms-meter.ts";
import { assembleService } from "./assemble-service.ts";
import { UsageError } from "./command.ts";
import { configuredKms, requireWorkingKms } from "./configured-kms.ts";
import type { DataDirectory } from "./data-directory.ts";
import { deploymentId } from "./deployment-id.ts";
import type { Service } from "./serve.ts";

/** S3 over what a directory keeps. @param open opens it @throws FatalError */
export async function directoryService(
  directory: string,
  open: (directory: string) => Promise<DataDirectory>,
  config: Config,
  log: Log,
): Promise<Service> {
  const { encryption } = config;
  const meter = new KmsMeter();
  const kms = configuredKms(encryption, log, meter);
  if (kms !== undefined) await requireWorkingKms(kms);
  const { storage, store, encryption: encryptionOf } = await open(directory);
  try {
    return await assembleService(
      {
        store,
        sse: await encryptionOf(kms, encryption),
        hostId: await deploymentId(store),
        storage,
        kms: kms && { service: kms, meter },
        usage: new BucketUsage(store),
        capacity: () => diskCapacity(directory),
      },
      config,
      log,
    );
  } catch (thrown) {
    await store.close();
    await kms?.close();
    throw thrown;
  }
}

/** The one directory that a command line names. @throws UsageError */
export function onlyDirectory([first, ...others]: readonly string[]): string {
  if (first === undefined || first === "") throw new UsageError("the directory for the data is missing.");
  if (others.length > 0) {
    throw new UsageError(`only one directory can be served, not "${others.join(" ")}" too.`);
  }
  return first;
}
