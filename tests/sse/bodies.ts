import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Scene } from "./scene.ts";

/** What lies on the disk of all bodies in files: name, inode, time of change and content. */
export function bodyFiles({ directory }: Pick<Scene, "directory">): string[] {
  const blobs = join(directory, "blobs");
  return readdirSync(blobs, { recursive: true, encoding: "utf8" }).sort().flatMap((name) => {
    const path = join(blobs, name);
    const { ino, mtimeMs, ctimeMs } = statSync(path);
    if (!statSync(path).isFile()) return [];
    return [
      `${name} ${ino} ${mtimeMs} ${ctimeMs} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`,
    ];
  });
}

/** The SHA-256 of the stored bytes of an object in the bucket `box`. */
export async function stored({ store }: Pick<Scene, "store">, key: string): Promise<string> {
  const handle = await store.open("box", key);
  const chunks: Uint8Array[] = [];
  for await (const chunk of handle?.read(0, handle.record.storedSize) ?? []) chunks.push(chunk);
  handle?.close();
  return createHash("sha256").update(Buffer.concat(chunks)).digest("hex");
}
