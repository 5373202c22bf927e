import process from "node:process";
import manifest from "../../package.json" with { type: "json" };
import type { Command } from "./command.ts";

/** The version of this source. */
export const VERSION: string = manifest.version;

/** What `--version` prints: the version, and the runtime it runs on. */
export function versionText(): string {
  return `minio-ts version ${VERSION} (${runtimeName()})`;
}

function runtimeName(): string {
  const { versions } = process;
  for (const name of ["bun", "deno"]) {
    const version = versions[name];
    if (version !== undefined) return `${name} ${version}`;
  }
  return `node ${versions.node}`;
}

/** `minio-ts version`. */
export const version: Command = {
  name: "version",
  usage: "",
  summary: "print the version",
  flags: [],
  examples: ["minio-ts version"],
  async run(_words, terminal) {
    terminal.print(`${versionText()}\n`);
    return 0;
  },
};
