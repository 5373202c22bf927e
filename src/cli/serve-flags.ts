import { parseFlags } from "./flags.ts";

/** The flags of every command that serves. */
export interface ServeFlags {
  readonly address: string;
  /** `undefined` for the default directory, which need not exist. */
  readonly certsDir: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** The same flags as help shows them. */
export const SERVE_FLAGS: readonly (readonly [flag: string, meaning: string])[] = [
  ["--address ADDRESS", "where to listen, HOST:PORT or :PORT for all interfaces (default: :9000)"],
  [
    "--certs-dir, -S DIR",
    "directory with public.crt and private.key, which turn on HTTPS (default: ~/.minio/certs)",
  ],
  ["--json", "print and log JSON lines"],
  ["--quiet", "print warnings and errors only"],
];

/**
 * Parses the words after a serving command.
 * @throws UsageError for a flag that does not exist or lacks its value
 */
export function parseServeFlags(words: readonly string[]): { flags: ServeFlags; positionals: string[] } {
  const { values, positionals } = parseFlags(words, {
    "address": { type: "string", default: ":9000" },
    "certs-dir": { type: "string", short: "S" },
    "json": { type: "boolean", default: false },
    "quiet": { type: "boolean", default: false },
  });
  const { address, json, quiet } = values;
  return { flags: { address, json, quiet, certsDir: values["certs-dir"] }, positionals };
}
