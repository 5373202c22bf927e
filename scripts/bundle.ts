/**
 * Makes the offline bundle as `dist/minio-ts-VERSION.tar.gz` and `.zip`:
 *
 *   bun scripts/bundle.ts [--target linux-x64]... [--outdir dist]
 *
 * It holds an executable for each target, this platform's without any, and all that installing it needs.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { VERSION } from "../src/cli/version.ts";
import { writeTarGz, writeZip } from "./bundle/archive.ts";
import { bundleContents } from "./bundle/contents.ts";
import { compileExecutable } from "./compile/executable.ts";
import { hostTarget, type Target, targetNamed } from "./compile/targets.ts";

const { values } = parseArgs({
  options: {
    target: { type: "string", multiple: true, default: [hostTarget()] },
    outdir: { type: "string", default: "dist" },
  },
});
const outdir = resolve(values.outdir);
const directory = mkdtempSync(join(tmpdir(), "minio-ts-bundle-"));
try {
  const built = new Map<Target, string>();
  for (const target of values.target.map(targetNamed)) {
    built.set(target, join(directory, target));
    await compileExecutable(target, join(directory, target));
  }
  const name = `minio-ts-${VERSION}`;
  const files = bundleContents(built).map((file) => ({ ...file, path: `${name}/${file.path}` }));
  mkdirSync(outdir, { recursive: true });
  writeTarGz(join(outdir, `${name}.tar.gz`), files);
  writeZip(join(outdir, `${name}.zip`), files);
  console.log(`${join(values.outdir, name)}.tar.gz and .zip hold ${[...built.keys()].join(", ")}.`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
