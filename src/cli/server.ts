import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createApp } from "../app.ts";
import { staticCredentials } from "../auth/credentials.ts";
import { loadConfig } from "../config/config.ts";
import { createDispatcher } from "../s3/dispatch.ts";
import { openEmbeddedStore } from "../store/embedded/open.ts";
import { StartError } from "../store/embedded/start-error.ts";
import type { Store } from "../store/store.ts";
import { createLog } from "../log/log.ts";
import { type Command, FatalError, UsageError } from "./command.ts";
import { deploymentId } from "./deployment-id.ts";
import { configuredKms, kmsLine, storeEncryption } from "./encryption.ts";
import { serve } from "./serve.ts";

/** `minio-ts server DIR`: S3 over the embedded store. */
export const server: Command = {
  name: "server",
  usage: "[FLAGS] DIR",
  summary: "serve objects from a directory",
  options: [
    ["--address ADDRESS", "where to listen, :9000 unless given"],
    ["--certs-dir DIR", "directory with public.crt, private.key and CAs/, ~/.minio/certs unless given"],
    ["--json", "print JSON lines"],
    ["--quiet", "print warnings and errors only"],
  ],

  async run(words, terminal) {
    const { address, certsDir, json, quiet, directory } = parse(words);
    const config = loadConfig(terminal.env, (path) => readFileSync(path, "utf8"));
    const log = createLog({ json, quiet });
    const { encryption } = config;
    const kms = configuredKms(encryption);
    const store = await openStore(directory);
    const s3 = createDispatcher({
      store,
      sse: await storeEncryption(store, kms, encryption),
      credentials: staticCredentials([{ accessKey: config.rootUser, secretKey: config.rootPassword }]),
      region: config.region,
      domains: config.domains,
      deploymentId: await deploymentId(store),
      log,
    });
    const app = createApp({ s3, ready: async () => true, log });
    return await serve(app, {
      address,
      certsDir: certsDir ?? join(homedir(), ".minio", "certs"),
      config,
      storage: `${directory} (embedded)`,
      kms: kmsLine(kms, encryption),
      autoEncryption: encryption.autoEncryption,
      alias: "myminio",
      json,
      quiet,
      log,
      terminal,
      close: () => store.close(),
    });
  },
};

interface Words {
  readonly address: string;
  readonly certsDir: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly directory: string;
}

function parse(words: readonly string[]): Words {
  const { values, positionals } = parseWords(words);
  const [directory, ...rest] = positionals;
  if (directory === undefined) throw new UsageError("the directory for the data is missing.");
  if (rest.length > 0) throw new UsageError(`one directory is enough; "${rest.join(" ")}" is too much.`);
  return {
    address: values.address,
    certsDir: values["certs-dir"],
    json: values.json,
    quiet: values.quiet,
    directory: resolve(directory),
  };
}

function parseWords(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        "address": { type: "string", default: ":9000" },
        "certs-dir": { type: "string" },
        "json": { type: "boolean", default: false },
        "quiet": { type: "boolean", default: false },
      },
    });
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

async function openStore(directory: string): Promise<Store> {
  try {
    return await openEmbeddedStore(directory);
  } catch (thrown) {
    if (thrown instanceof StartError) {
      throw new FatalError(`Unable to open the storage: ${thrown.message}`, { cause: thrown });
    }
    throw thrown;
  }
}
