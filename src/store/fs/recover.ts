import { readdir, rm, unlink } from "node:fs/promises";
import { KernelLock } from "./kernel-lock.ts";
import { currentObject } from "./publish.ts";
import { findObject, ownMember } from "./object-files.ts";
import { readTarget } from "./staged-object.ts";
import { ALIVE_FILE, METADATA_SUFFIX, removeStaging, TARGET_SUFFIX } from "./staging.ts";
import { unlessMissing } from "./system-error.ts";
import type { Workplace } from "./workplace.ts";

/**
 * Tidies up behind processes that died: what their metadata files in place speak of is led home, and all else that they
 * had in staging is removed. Readers need none of this; they find objects in staging as well.
 */
export async function recoverStaging(workplace: Workplace, signal: AbortSignal): Promise<void> {
  const { layout, staging } = workplace;
  for (const name of await readdir(layout.tmp)) {
    if (signal.aborted) return;
    const directory = `${layout.tmp}/${name}`;
    // Only this program makes the file; directories without it are MinIO's own.
    if (name === staging.name || !(await unlessMissing(readdir(directory)))?.includes(ALIVE_FILE)) continue;
    // What fails today, or because another process does the same, is tried again with the next round.
    await recoverDirectory(workplace, directory, signal).catch(() => {});
  }
}

async function recoverDirectory(workplace: Workplace, directory: string, signal: AbortSignal): Promise<void> {
  const lock = new KernelLock(`${directory}/${ALIVE_FILE}`);
  try {
    if (!lock.tryAcquire()) return;
    const names = await readdir(directory);
    const files = new Set(names.filter((name) => name !== ALIVE_FILE));
    for (const file of files) {
      if (signal.aborted) return;
      if (file.endsWith(TARGET_SUFFIX) || file.endsWith(METADATA_SUFFIX)) continue;
      await recoverFile(workplace, directory, file);
    }
    // Bytes first: a metadata file or name that is left of something else tells nobody anything.
    for (const file of files) {
      if (file.endsWith(TARGET_SUFFIX) || file.endsWith(METADATA_SUFFIX)) {
        await unlink(`${directory}/${file}`);
      }
    }
    await removeStaging(directory);
  } finally {
    lock.close();
  }
}

async function recoverFile(workplace: Workplace, directory: string, file: string): Promise<void> {
  const { keys, layout } = workplace;
  const path = `${directory}/${file}`;
  const target = await readTarget(path);
  if (target === undefined) return await rm(path, { recursive: true, force: true });
  await keys.hold(`${target.bucket}/${target.key}`, async () => {
    const found = await findObject(layout, target.bucket, target.key, false);
    if (found?.staged === true && ownMember(found.metadata)?.id === file) {
      await currentObject(workplace, target);
    } else await rm(path, { force: true });
  });
}
