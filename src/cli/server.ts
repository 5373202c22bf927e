import { createApp } from "../app.ts";
import { staticCredentials } from "../auth/credentials.ts";
import type { Config } from "../config/config.ts";
import { health } from "../health.ts";
import type { Log } from "../log/log.ts";
import { createDispatcher } from "../s3/dispatch.ts";
import { type Command, UsageError } from "./command.ts";
import { configuredKms, kmsLine, requireWorkingKms } from "./configured-kms.ts";
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
  const kms = configuredKms(encryption, log);
  if (kms !== undefined) await requireWorkingKms(kms);
  const { storage, store, encryption: encryptionOf } = await openDataDirectory(directory, { create: true });
  const hostId = await deploymentId(store);
  const s3 = createDispatcher({
    store,
    sse: await encryptionOf(kms, encryption),
    credentials: staticCredentials([{ accessKey: config.rootUser, secretKey: config.rootPassword }]),
    region: config.region,
    domains: config.domains,
    deploymentId: hostId,
    log,
  });
  return {
    handler: createApp({ s3, ready: health(store, kms, encryption.autoEncryption), log }),
    hostId,
    storage,
    kms: kmsLine(encryption),
    autoEncryption: encryption.autoEncryption,
    close: async () => {
      await store.close();
      await kms?.close();
    },
  };
}
