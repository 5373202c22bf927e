import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { unzipSync } from "fflate";
import manifest from "../../package.json" with { type: "json" };
import { environmentFile } from "../../scripts/bundle/environment-file.ts";
import type { Setting } from "../../src/config/setting.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { ACCESS_KEY, SECRET_KEY } from "../running-server.ts";
import { canBoot, runBooted } from "./booted.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BUN = join(ROOT, "node_modules/.bin/bun");
const NAME = `minio-ts-${manifest.version}`;

const directory = mkdtempSync(join(tmpdir(), "minio-ts-bundle-test-"));
const unpacked = join(directory, NAME);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function sh(script: string, env: Readonly<Record<string, string>> = {}): string {
  const { status, stdout, stderr } = spawnSync("sh", ["-euc", script], {
    cwd: directory,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], ...env },
  });
  if (status !== 0) throw new Error(`${script}\n${stdout}${stderr}`);
  return stdout;
}

beforeAll(() => {
  sh(`cd "${ROOT}" && "${BUN}" scripts/bundle.ts --outdir "${directory}"`);
  sh(`tar -xzf ${NAME}.tar.gz`);
}, 120_000);

const files = () =>
  readdirSync(unpacked, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(unpacked, path)).isFile()).sort();

test("the bundle holds what installing needs, and every file has the sum that SHA256SUMS says", () => {
  expect(files().filter((path) => !path.startsWith("bin/"))).toEqual([
    "LICENSE",
    "README.md",
    "SHA256SUMS",
    "THIRD-PARTY-LICENSES.txt",
    "docker/Dockerfile",
    "docker/compose.yaml",
    "docker/context.sh",
    "docker/vault.hcl",
    "install.sh",
    "sbom.cdx.json",
    "systemd/minio-ts.env",
    "systemd/minio-ts.service",
  ]);
  const checked = sh(`cd ${NAME} && sha256sum -c SHA256SUMS`);
  expect(checked.match(/: OK\n/g)?.length).toBe(files().length - 1);
});

test("the zip holds the same files with the same bytes", () => {
  const zipped = unzipSync(readFileSync(join(directory, `${NAME}.zip`)));
  expect(Object.keys(zipped).sort()).toEqual(files().map((path) => `${NAME}/${path}`));
  for (const path of files()) {
    const bytes = zipped[`${NAME}/${path}`];
    expect([path, bytes !== undefined && readFileSync(join(unpacked, path)).equals(bytes)]).toEqual([
      path,
      true,
    ]);
  }
}, 30_000);

test("the environment file lists every setting once, all of them commented out", () => {
  const settings: readonly Setting[] = Object.values(SETTINGS);
  const lines = environmentFile().split("\n").filter((line) => line !== "");
  expect(lines.filter((line) => /^#[A-Z_]+=$/.test(line))).toEqual(settings.map(({ name }) => `#${name}=`));
  expect(lines.filter((line) => !line.startsWith("#"))).toEqual([]);
});

test("the bill of materials names every package with the hash of package-lock.json", () => {
  const { components, bomFormat } = JSON.parse(readFileSync(join(unpacked, "sbom.cdx.json"), "utf8"));
  const zod = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages["node_modules/zod"];
  const hex = Buffer.from(zod.integrity.slice("sha512-".length), "base64").toString("hex");
  const names = components.map(({ name }: { name: string }) => name);
  expect(bomFormat).toBe("CycloneDX");
  expect(names).toEqual(expect.arrayContaining(["bun", ...Object.keys(manifest.dependencies)]));
  expect(components).toContainEqual(expect.objectContaining({
    name: "zod",
    version: zod.version,
    hashes: [{ alg: "SHA-512", content: hex }],
  }));
});

const canUnshare = spawnSync("unshare", ["--net", "--mount", "sh", "-c", "command -v ip"]).status === 0;
if (!canUnshare) console.warn("SKIPPED: no network namespaces here; the bundle is not tried without network");

describe.skipIf(!canUnshare)("on a machine without network", () => {
  const key = "01".repeat(32);
  const env = {
    MINIO_ROOT_USER: ACCESS_KEY,
    MINIO_ROOT_PASSWORD: SECRET_KEY,
    MINIO_SSE_MASTER_KEY: `offline:${key}`,
  };
  const served = {
    interfaces: ["lo"],
    statuses: [200, 200, 200],
    encryption: "AES256",
    same: true,
    ended: 0,
  };
  const alone = (script: string) =>
    JSON.parse(
      sh(`unshare --net --mount sh -euc 'ip link set lo up; ${script}'`, env).trim().split("\n").at(-1) ?? "",
    );
  const traffic = `"${BUN}" "${join(import.meta.dirname, "traffic.ts")}"`;

  test("install.sh installs an executable that serves encrypted objects", () => {
    const root = join(directory, "installed");
    mkdirSync(root);
    const found = alone(
      `DESTDIR="${root}" ${NAME}/install.sh
       ${traffic} "${root}/usr/local/bin/minio-ts" server --address 127.0.0.1:0 "${root}/data"`,
    );
    expect(found).toEqual(served);
    expect(statSync(join(root, "etc/minio-ts/minio-ts.env")).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(root, "usr/local/share/doc/minio-ts")).length).toBe(4);
  }, 60_000);

  test("the image that context.sh lays out is enough for its user to serve encrypted objects", () => {
    const image = join(directory, "image");
    const found = alone(
      `${NAME}/docker/context.sh
       cp -r ${NAME}/docker/rootfs "${image}"
       chown -R 65532:65532 ${NAME}/docker/owned; cp -a ${NAME}/docker/owned/. "${image}"
       mkdir "${image}/proc"; mount -t proc none "${image}/proc"
       export HOME=/tmp
       ${traffic} chroot --userspec=65532:65532 "${image}" \\
         /minio-ts server --address 127.0.0.1:0 --certs-dir /certs /data`,
    );
    expect(found).toEqual(served);
    expect(statSync(join(image, "data/store.db")).uid).toBe(65532);
  }, 60_000);
});

const canVerify = existsSync("/usr/bin/systemd-analyze");
if (!canVerify) console.warn("SKIPPED: systemd is not installed; the unit is not verified");

test.skipIf(!canVerify)("systemd finds nothing wrong with the unit, and it exposes little", () => {
  const unit = join(directory, "minio-ts.service");
  const text = readFileSync(join(unpacked, "systemd/minio-ts.service"), "utf8");
  // The executable must be there to be verified.
  writeFileSync(unit, text.replace("/usr/local/bin/minio-ts", join(unpacked, "bin", "minio-ts")));
  sh(`cp ${NAME}/bin/*/minio-ts ${NAME}/bin/minio-ts`);
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
  expect([status, stderr.split("\n").filter((line) => line.includes("minio-ts.service"))]).toEqual([0, []]);
  const security = sh(`systemd-analyze security --offline=yes "${unit}"`);
  expect(Number(/exposure level for minio-ts.service: ([\d.]+)/.exec(security)?.[1])).toBeLessThan(2);
}, 30_000);

const bootable = canBoot(join(directory, "booted"));
if (!bootable) {
  console.warn("SKIPPED: systemd-nspawn boots nothing here; the unit is not tried under systemd");
}

test.skipIf(!bootable)(
  "systemd starts the installed unit, revives it after every kind of end, and stops it",
  () => {
    const place = join(directory, "trial");
    sh(`mkdir trial && cp -r ${NAME} trial/`);
    const found = runBooted(
      place,
      // The loader of musl may be there on a system of glibc too.
      `set -eu; touch /lib/ld-musl-x86_64.so.1; ${NAME}/install.sh >&2
     "${BUN}" "${join(import.meta.dirname, "unit-trial.ts")}"`,
    );
    expect(JSON.parse(found.trim().split("\n").at(-1) ?? "")).toEqual({
      first: { statuses: [200, 200], stored: true },
      directories: ["minio-ts 700", "minio-ts 700"],
      afterKill: true,
      afterStandstill: true,
      reload: { overTls: 200, renewed: 200, sameProcess: true },
      end: ["inactive", "success"],
      watchdog: true,
      crashReport: false,
      audited: true,
      untold: "",
      secretInJournal: false,
    });
  },
  120_000,
);
