import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/**
 * Builds an executable with Deno. Its runtime part is no npm package: Deno fetches it from its own server, or takes the
 * file that DENORT_BIN names.
 * @throws Error
 */
export function compileWithDeno(outfile: string): void {
  const { status } = spawnSync(
    join(ROOT, "node_modules/deno/deno"),
    ["compile", "-A", "--no-check", "--include", "src/digest/worker.ts", "--output", outfile, "main.ts"],
    { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] },
  );
  if (status === 0) return;
  throw new Error(
    "deno compile failed. It needs the program denort of its own version, which no npm package holds: " +
      "let it reach dl.deno.land, or name the file in DENORT_BIN. Without --with deno this script needs no network.",
  );
}
