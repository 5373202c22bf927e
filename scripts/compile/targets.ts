import { closeSync, openSync, readSync } from "node:fs";
import process from "node:process";

/** Platforms that an executable can be built for, each with the npm package that holds Bun for it. */
export const TARGETS = {
  "linux-x64": "@oven/bun-linux-x64",
  "linux-x64-musl": "@oven/bun-linux-x64-musl",
  "linux-arm64": "@oven/bun-linux-aarch64",
  "linux-arm64-musl": "@oven/bun-linux-aarch64-musl",
  "darwin-x64": "@oven/bun-darwin-x64",
  "darwin-arm64": "@oven/bun-darwin-aarch64",
  "windows-x64": "@oven/bun-windows-x64",
  "windows-arm64": "@oven/bun-windows-aarch64",
} as const satisfies Record<string, string>;

export type Target = keyof typeof TARGETS;

/** A name as one of the targets. @throws Error that lists them */
export function targetNamed(name: string): Target {
  if (name in TARGETS) return name as Target;
  throw new Error(`"${name}" is no target. There are ${Object.keys(TARGETS).join(", ")}.`);
}

/** The platform that this runs on. */
export function hostTarget(): Target {
  const { platform, arch } = process;
  const musl = platform === "linux" && isMusl(process.execPath) ? "-musl" : "";
  return targetNamed(`${platform === "win32" ? "windows" : platform}-${arch}${musl}`);
}

/** What the executable of a target is called. */
export function executableName(target: Target): string {
  return target.startsWith("windows-") ? "minio-ts.exe" : "minio-ts";
}

/** Whether an ELF file asks for the loader of musl; its name stands near the beginning. */
function isMusl(path: string): boolean {
  const file = openSync(path, "r");
  try {
    const head = new Uint8Array(4096);
    readSync(file, head, 0, head.length, 0);
    return new TextDecoder("latin1").decode(head).includes("/ld-musl-");
  } finally {
    closeSync(file);
  }
}
