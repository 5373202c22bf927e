/**
 * Builds the executable from this source and npm packages alone, without any network:
 *
 *   bun scripts/compile.ts [--target linux-x64] [--outfile dist/minio-ts]
 *
 * Targets: linux-x64, linux-arm64, linux-x64-musl, linux-arm64-musl, darwin-x64, darwin-arm64, windows-x64. Another
 * platform than this one needs Bun's package for it (`@oven/bun-...`), which npm fetches on request.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

const ROOT = join(import.meta.dirname, "..");

const { values } = parseArgs({
  options: {
    target: { type: "string" },
    outfile: { type: "string", default: "dist/minio-ts" },
  },
});

const outfile = join(ROOT, values.outfile);
mkdirSync(dirname(outfile), { recursive: true });
const { status } = spawnSync(process.execPath, [
  "build",
  "--compile",
  "--minify",
  "--bytecode",
  // As CommonJS the path of the hash worker would be frozen to this machine's.
  "--format=esm",
  ...(values.target === undefined ? [] : [`--target=bun-${values.target}`]),
  // The worker is found beside the main entry under its plain name.
  "--entry-naming=[name].[ext]",
  `--outfile=${outfile}`,
  "main.ts",
  "src/digest/worker.ts",
], { cwd: ROOT, stdio: "inherit" });
process.exit(status ?? 1);
