import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

/** A directory with an executable of this source in it, built as a user builds it. */
export class Built {
  readonly directory = mkdtempSync(join(tmpdir(), "minio-ts-built-"));
  readonly path = this.build("minio-ts");

  /** Builds it under a name in the directory and returns the path. */
  build(name: string): string {
    const outfile = join(this.directory, name);
    const { status, stderr } = spawnSync(
      join(ROOT, "node_modules/.bin/bun"),
      ["scripts/compile.ts", "--outfile", outfile],
      { cwd: ROOT, encoding: "utf8" },
    );
    if (status !== 0) throw new Error(stderr);
    return outfile;
  }

  /** A new empty directory beside the executable. */
  place(name: string): string {
    const directory = join(this.directory, name);
    mkdirSync(directory);
    return directory;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
