import type { Config } from "../config/config.ts";
import type { Log } from "../log/log.ts";
import { BucketUsage } from "../metrics/bucket-usage.ts";
import { diskCapacity } from "../metrics/disk-capacity.ts";
import { KmsMeter } from "../metrics/kms-meter.ts";
import { assembleService } from "./assemble-service.ts";
import { type Command, UsageError } from "./command.ts";
import { configuredKms, requireWorkingKms } from "./configured-kms.ts";
import { openDataDirectory } from "./data-directory.ts";
import { deploymentId } from "./deployment-id.ts";
import { serve, type Service } from "./serve.ts";
import { parseServeFlags, SERVE_FLAGS } from "./serve-flags.ts";

/** `minio-ts server DIR`: S3 over the embedded store. */
export const server: Command = {
  name: "server",
  usage: "[FLAGS] DIR",
  summary: "serve objects from a directory",
  flags: SERVE_FLAGS,
  examples: [
    "minio-ts server /data",
    "minio-ts server --address 127.0.0.1:9001 --certs-dir /etc/minio/certs /data",
  ],
  async run(words, terminal) {
    const { flags, positionals: [first, ...others] } = parseServeFlags(words);
    if (first === undefined || first === "") throw new UsageError("the directory for the data is missing.");
    if (others.length > 0) {
      throw new UsageError(`only one directory can be served, not "${others.join(" ")}" too.`);
    }
    return await serve(flags, "myminio", terminal, (config, log) => openService(first, config, log));
  },
};

async function openService(directory: string, config: Config, log: Log): Promise<Service> {
  const { encryption } = config;
  const meter = new KmsMeter();
  const kms = configuredKms(encryption, log, meter);
  if (kms !== undefined) await requireWorkingKms(kms);
  const { storage, store, encryption: encryptionOf } = await openDataDirectory(directory, { create: true });
  try {
    return assembleService(
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
