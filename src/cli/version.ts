import process from "node:process";
import manifest from "../../package.json" with { type: "json" };
import { BUILD } from "./build.ts";
import type { Command } from "./command.ts";

/** The version of this source. */
export const VERSION: string = manifest.version;

/** What `--version` prints: the version, the commit it was built from, and the runtime it runs on. */
export function versionText(): string {
  const origin = BUILD === undefined ? "source tree" : `commit ${BUILD.commit}`;
  return `minio-ts version ${VERSION} (${origin}, ${runtimeName()})`;
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
  summary: "print the version, the commit and the runtime",
  flags: [],
  examples: ["minio-ts version"],
  async run(_words, terminal) {
    terminal.print(`${versionText()}\n`);
    return 0;
  },
};
