import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hostTarget, type Target, TARGETS } from "./targets.ts";

const ROOT = join(import.meta.dirname, "../..");
const MODULES = join(ROOT, "node_modules");

/**
 * The file of Bun that an executable for a target begins with, `undefined` for this platform: there it is the running
 * one. It comes from npm's package of exactly the version and hash in package-lock.json, which npm fetches unless it is
 * in node_modules or in npm's cache.
 * @throws Error
 */
export function runtimePart(target: Target): string | undefined {
  if (target === hostTarget()) return undefined;
  const name = TARGETS[target];
  const file = target.startsWith("windows-") ? "bin/bun.exe" : "bin/bun";
  const installed = join(MODULES, name, file);
  if (existsSync(installed)) return installed;
  const { version, integrity } = locked(name);
  const directory = join(MODULES, ".minio-ts", `${target}-${version}`);
  const fetched = join(directory, "package", file);
  if (!existsSync(fetched)) fetchPackage(`${name}@${version}`, integrity, directory);
  return fetched;
}

function fetchPackage(name: string, integrity: string, directory: string): void {
  const unpacked = `${directory}.new`;
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", unpacked, name]));
  const tarball = join(unpacked, packed.filename);
  const hash = `sha512-${createHash("sha512").update(readFileSync(tarball)).digest("base64")}`;
  if (hash !== integrity) throw new Error(`${name} is not what package-lock.json says: ${hash}`);
  run("tar", ["-xzf", packed.filename], unpacked);
  rmSync(tarball);
  renameSync(unpacked, directory);
}

function run(command: string, words: readonly string[], cwd = ROOT): string {
  const { status, stdout, stderr, error } = spawnSync(command, words, { cwd, encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${command} ${words.join(" ")} failed: ${error?.message ?? stderr}`);
}

function locked(name: string): { readonly version: string; readonly integrity: string } {
  return JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages[`node_modules/${name}`];
}
