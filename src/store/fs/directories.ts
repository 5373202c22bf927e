import { lstat, mkdir, rmdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { FirmSync } from "./firm-sync.ts";
import { isMissing, systemCode, unlessMissing } from "./system-error.ts";

/** The directory that others were to be made in is not there. */
export class TopMissing extends Error {}

/**
 * Makes a directory and those between it and `top`, which is never made. New names are durable when this resolves.
 * @throws TopMissing; Error ENOTDIR or EEXIST when a file is in the way
 */
export async function makeDirectories(top: string, path: string, sync: FirmSync): Promise<void> {
  if (await isDirectory(path)) return;
  if (path === top) throw new TopMissing(`${top} is not a directory`);
  const parent = dirname(path);
  for (;;) {
    await makeDirectories(top, parent, sync);
    try {
      await mkdir(path);
      return await sync.sync(parent);
    } catch (thrown) {
      // Either it or its parent is gone again: another writer removed it because it was empty.
      if (systemCode(thrown) === "ENOENT") continue;
      if (systemCode(thrown) !== "EEXIST") throw thrown;
      if (await isDirectory(path)) return;
      if (await unlessMissing(lstat(path)) !== undefined) throw thrown;
    }
  }
}

export async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
}

/**
 * Removes a directory and those above it up to `top` as long as they are empty. `top` stays.
 * @returns the lowest directory that is left
 */
export async function removeEmptyDirectories(top: string, path: string): Promise<string> {
  let directory = path;
  while (directory !== top && directory.startsWith(`${top}/`)) {
    try {
      // A link to a directory is not one that a key made.
      if ((await lstat(directory)).isSymbolicLink()) return directory;
      await rmdir(directory);
    } catch (thrown) {
      if (!isMissing(thrown)) return directory;
    }
    directory = dirname(directory);
  }
  return directory;
}

/** The same, and what is gone from the directory at `path` is gone for good when this resolves. */
export async function settleRemoval(top: string, path: string, sync: FirmSync): Promise<void> {
  for (let from = path;;) {
    const left = await removeEmptyDirectories(top, from);
    try {
      return await sync.sync(left);
    } catch (thrown) {
      // Another writer has emptied and removed it meanwhile, which the one above it has to remember.
      if (left === top || !isMissing(thrown)) throw thrown;
      from = dirname(left);
    }
  }
}
