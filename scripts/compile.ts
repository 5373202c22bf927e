/**
 * Builds the executable from this source and npm packages alone:
 *
 *   bun scripts/compile.ts [--target linux-x64] [--outfile dist/minio-ts] [--with bun]
 *
 * Targets: linux-x64, linux-arm64, each also with -musl, darwin-x64, darwin-arm64, windows-x64, windows-arm64. This
 * platform needs no network; for another one npm fetches Bun's package. `--with deno` builds for this platform with
 * `deno compile`.
 */
import { resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { compileExecutable, defaultOutfile } from "./compile/executable.ts";
import { hostTarget, targetNamed } from "./compile/targets.ts";
import { compileWithDeno } from "./compile/with-deno.ts";

try {
  const { values } = parseArgs({
    options: {
      target: { type: "string" },
      outfile: { type: "string" },
      with: { type: "string", default: "bun" },
    },
  });
  const target = values.target === undefined ? hostTarget() : targetNamed(values.target);
  const outfile = values.outfile ?? defaultOutfile(target);
  if (values.with === "deno") compileWithDeno(resolve(outfile));
  else if (values.with === "bun") await compileExecutable(target, resolve(outfile));
  else throw new Error(`"${values.with}" cannot compile; bun and deno can.`);
  console.log(`${outfile} is built.`);
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
}
