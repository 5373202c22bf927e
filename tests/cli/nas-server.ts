import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { configuredKms } from "../../src/cli/configured-kms.ts";
import { openNasDirectory } from "../../src/cli/data-directory.ts";
import { loadConfig } from "../../src/config/config.ts";
import { createLog } from "../../src/log/log.ts";
import type { Operation } from "../../src/s3/operation.ts";
import { type CallSketch, makeCall, replyBytes } from "../s3/call.ts";

/** A server over a directory of plain files, without its HTTP. */
export async function nasServer(directory: string, env: Readonly<Record<string, string>>) {
  const { encryption } = loadConfig(env, (path) => readFileSync(path, "utf8"));
  const { store, encryption: encryptionOf } = await openNasDirectory(directory);
  const kms = configuredKms(encryption, createLog({ json: false, quiet: true }));
  const sse = await encryptionOf(kms, encryption);
  return {
    store,
    async run(operation: Operation, sketch: Omit<CallSketch, "store">) {
      const reply = await operation.run(
        makeCall({ store, sse, secure: true, method: operation.method, ...sketch }),
      );
      return { ...reply, bytes: Buffer.from(await replyBytes(reply)) };
    },
    close: () => store.close(),
  };
}
