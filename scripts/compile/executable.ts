import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Build } from "../../src/cli/build.ts";
import { installedNotices } from "../../src/cli/notices.ts";
import { bunNotice } from "./bun-notice.ts";
import { runtimePart } from "./runtime-part.ts";
import { executableName, hostTarget, type Target } from "./targets.ts";

const ROOT = join(import.meta.dirname, "../..");

/**
 * Builds the executable with Bun. The same source, packages and target give the same bytes, wherever the source lies
 * and whatever the outfile is called.
 * @throws Error
 */
export async function compileExecutable(target: Target, outfile: string): Promise<void> {
  mkdirSync(dirname(outfile), { recursive: true });
  // Bun writes the name of the outfile into it, so that it always gets the same one.
  const directory = mkdtempSync(join(dirname(outfile), ".compile-"));
  const built = join(directory, executableName(target));
  const executablePath = runtimePart(target);
  try {
    await Bun.build({
      entrypoints: [join(ROOT, "main.ts"), join(ROOT, "src/digest/worker.ts")],
      root: ROOT,
      // The worker is found beside the main entry under its plain name.
      naming: { entry: "[name].[ext]" },
      minify: true,
      bytecode: true,
      // As CommonJS the path of the hash worker would be frozen to this machine's.
      format: "esm",
      define: { MINIO_TS_BUILD: JSON.stringify(buildFacts()) },
      compile: {
        outfile: built,
        ...(executablePath === undefined ? {} : { executablePath, target: bunTarget(target) }),
        // A file in the directory that it is started in must not change what it does.
        autoloadDotenv: false,
        autoloadBunfig: false,
        autoloadTsconfig: false,
        autoloadPackageJson: false,
      },
    });
    renameSync(built, outfile);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function bunTarget(target: Target): Bun.Build.CompileTarget {
  return `bun-${target}`;
}

/** What the executable tells of itself. */
function buildFacts(): Build {
  return { commit: commit(), notices: [bunNotice(Bun.version), ...installedNotices(ROOT)] };
}

function commit(): string {
  const head = git(["rev-parse", "HEAD"]);
  if (head === undefined) return "unknown";
  return git(["status", "--porcelain", "--untracked-files=no"]) === "" ? head : `${head} with changes`;
}

/** What git answers about this source, `undefined` where there is no git or no repository. */
function git(words: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync("git", words, { cwd: ROOT, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** The executable of this platform's target by default: `dist/minio-ts`. */
export function defaultOutfile(target: Target): string {
  const suffix = target.startsWith("windows-") ? ".exe" : "";
  return target === hostTarget() ? `dist/minio-ts${suffix}` : `dist/minio-ts-${target}${suffix}`;
}
