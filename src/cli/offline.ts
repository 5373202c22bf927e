import { readFileSync } from "node:fs";
import { loadConfig } from "../config/config.ts";
import type { Kms } from "../kms/kms.ts";
import { createLog } from "../log/log.ts";
import type { Sse } from "../sse/sse.ts";
import type { Store } from "../store/store.ts";
import { UsageError } from "./command.ts";
import { configuredKms, kmsLine, requireWorkingKms } from "./configured-kms.ts";
import { openDataDirectory } from "./data-directory.ts";
import { parseFlags } from "./flags.ts";
import type { Terminal } from "./terminal.ts";

/** A data directory that a command works on by itself, and the KMS of the environment. */
export interface Offline {
  readonly storage: string;
  readonly store: Store;
  /** `undefined` where none is configured. */
  readonly kms: Kms | undefined;
  /** The KMS in one line. */
  readonly kmsLine: string;
  /** @throws FatalError when the KMS does not work, or does not open the key of the storage */
  encryption(): Promise<Sse>;
  close(): Promise<void>;
}

/** Opens a data directory that exists. @param whenLocked what to do when a server is using it @throws FatalError */
export async function openOffline(
  directory: string,
  terminal: Terminal,
  json: boolean,
  whenLocked: string,
): Promise<Offline> {
  const { encryption } = loadConfig(terminal.env, (path) => readFileSync(path, "utf8"));
  const opened = await openDataDirectory(directory, { create: false, whenLocked });
  const kms = configuredKms(encryption, createLog({ json, quiet: true }));
  return {
    storage: opened.storage,
    store: opened.store,
    kms,
    kmsLine: kmsLine(encryption),
    async encryption() {
      if (kms !== undefined) await requireWorkingKms(kms);
      return await opened.encryption(kms, encryption);
    },
    async close() {
      await opened.store.close();
      await kms?.close();
    },
  };
}

/**
 * The flags of a command with one argument, a data directory, and that argument.
 * @param names of its flags, none of which takes a value
 * @throws UsageError
 */
export function parseDirectory<Name extends string>(
  words: readonly string[],
  names: readonly Name[],
): { readonly directory: string; readonly flags: Readonly<Record<Name, boolean>> } {
  const options = Object.fromEntries(names.map((name) => [name, { type: "boolean" as const }]));
  const { values, positionals: [directory, ...others] } = parseFlags(words, options);
  if (directory === undefined || directory === "") {
    throw new UsageError("the directory of the data is missing.");
  }
  if (others.length > 0) throw new UsageError(`it takes only one directory, not "${others.join(" ")}" too.`);
  const given = new Set(Object.keys(values));
  const flags = Object.fromEntries(names.map((name) => [name, given.has(name)]));
  return { directory, flags: flags as Record<Name, boolean> };
}
