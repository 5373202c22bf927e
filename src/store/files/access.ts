import { randomBytes } from "node:crypto";
import { mkdir, open, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { isFullDisk } from "./storage-full.ts";

/**
 * Makes sure that a directory can be listed and written, by doing both: what `access` says of root is not the same on
 * all runtimes. On a full disk nothing can be proved, and reading and deleting are to go on.
 * @throws Error EACCES, EPERM, EROFS and others of the system
 */
export async function proveAccess(directory: string): Promise<void> {
  await (await open(directory, "r")).close();
  const trial = join(directory, `.minio-ts-${randomBytes(8).toString("hex")}`);
  try {
    await mkdir(trial);
    await rmdir(trial);
  } catch (thrown) {
    if (!isFullDisk(thrown)) throw thrown;
  }
}
