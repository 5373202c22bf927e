import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export const MIB = 1024 * 1024;

/** A tree of files that clients tend to stumble over: many, empty, deep, with spaces and other alphabets. */
export function makeTree(root: string): void {
  const names = ["empty", "a b/c+d.txt", "ümläut/日本語.txt", "deep/1/2/3/4/file", "sign~!@$&'()=,;:.txt"];
  for (const name of names) write(join(root, name), randomBytes(name === "empty" ? 0 : 3000));
  for (let i = 0; i < 40; i++) write(join(root, `many/${String(i).padStart(3, "0")}`), randomBytes(100 + i));
}

export function write(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

/** Name and SHA-256 of every file under a directory, in order of name. */
export function fingerprint(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(root, name)).isFile())
    .map((name) => `${name} ${sha256(readFileSync(join(root, name)))}`)
    .sort();
}
