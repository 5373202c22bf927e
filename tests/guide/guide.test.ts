import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { findProgram } from "../interop/program.ts";
import { namedExecutable } from "../kms/vault/real-vault.ts";
import { minioCommand } from "../running-server.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const guide = /<!-- guide -->(.*)<!-- end of guide -->/s.exec(readme)?.[1] ?? "";
const commands = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? "").join("\n");

const aws = findProgram("aws");
const canUnshare = spawnSync("unshare", ["--net", "--mount", "sh", "-c", "command -v ip curl"]).status === 0;
if (!canUnshare) {
  console.warn("SKIPPED: no network namespaces, ip or curl here; the guide of the README is not run");
}

describe.skipIf(aws === undefined || !canUnshare)(
  "the commands of the guide in the README, line by line",
  () => {
    const home = mkdtempSync(join(tmpdir(), "minio-ts-guide-"));
    afterAll(() => rmSync(home, { recursive: true, force: true }));
    let printed = "";

    beforeAll(() => {
      const bin = join(home, "bin");
      mkdirSync(bin);
      script(join(bin, "minio-ts"), minioCommand());
      const vault = namedExecutable();
      const double = [join(ROOT, "node_modules/.bin/bun"), join(import.meta.dirname, "vault-program.ts")];
      script(join(bin, "vault"), vault === undefined ? double : [vault]);
      symlinkSync(aws ?? "", join(bin, "aws"));
      const guideFile = join(home, "guide.sh");
      writeFileSync(guideFile, commands);
      // Ports and /run/secrets of its own, so that the commands run as they stand in the README.
      const { status, stdout, stderr } = spawnSync(
        "unshare",
        [
          "--net",
          "--mount",
          "--pid",
          "--fork",
          "--kill-child",
          "sh",
          "-c",
          `
        ip link set lo up && mount -t tmpfs none /run && exec bash -eux "${guideFile}"
      `,
        ],
        {
          cwd: home,
          encoding: "utf8",
          env: {
            PATH: `${bin}:${dirname(process.execPath)}:${process.env["PATH"]}`,
            HOME: home,
            LC_ALL: "C.UTF-8",
          },
          timeout: 240_000,
        },
      );
      printed = `${stdout}${stderr}`;
      if (status !== 0) throw new Error(`the guide ended with ${status}:\n${printed}`);
    }, 270_000);

    test("store encrypted what was to be encrypted, and plain what was not", () => {
      expect(printed.match(/"ServerSideEncryption": "AES256"/g)?.length).toBe(2);
      expect(printed.match(/^test$/gm)?.length).toBe(3);
    });

    test("find the docker secret, and every step to Vault in order", () => {
      expect(printed.match(/^ {2}ok /gm)?.length).toBeGreaterThan(6);
      expect(printed).not.toMatch(/^ {2}failed /m);
    });

    test("seal every data key anew", () => {
      expect(printed).toContain("v1");
      expect(existsSync(join(home, "vault-backed/store.db"))).toBe(true);
    });

    test("leave ciphertext at the server behind the gateway", () => {
      expect(printed).toContain("test.file/.minio/data\n");
      expect(printed).toContain("test.file/.minio/dare.meta\n");
    });
  },
);

/** Writes a program that runs a command line with what stands after its own name. */
function script(path: string, words: readonly string[]): void {
  const quoted = words.map((word) => `'${word}'`).join(" ");
  writeFileSync(path, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
}
