import process from "node:process";
import manifest from "../../package.json" with { type: "json" };

/** The version of this source. */
export const VERSION: string = manifest.version;

/** The runtime that this process runs on, with its version. */
export function runtimeName(): string {
  const { versions } = process;
  for (const name of ["bun", "deno"]) {
    const version = versions[name];
    if (version !== undefined) return `${name} ${version}`;
  }
  return `node ${versions.node}`;
}

/** What `--version` prints. */
export function versionText(): string {
  return `minio-ts version ${VERSION} (${runtimeName()})`;
}
