import { access, constants, mkdir, realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { DATABASE_FILE } from "../embedded/database.ts";
import { syncDirectory } from "../files/directory-sync.ts";
import { directoryFault } from "../directory-fault.ts";
import { StartError } from "../start-error.ts";
import type { Store } from "../store.ts";
import { FirmSync } from "./firm-sync.ts";
import { newDeploymentId, readFormat, writeFormat } from "./format.ts";
import { FsStore } from "./fs-store.ts";
import { Layout, SYSTEM_DIRECTORY } from "./layout.ts";
import { Locks } from "./locks.ts";
import { Staging } from "./staging.ts";
import { systemCode } from "./system-error.ts";
import type { Workplace } from "./workplace.ts";

/** Whether a directory is one of MinIO's in its FS layout, or of any of its layouts. */
export async function isMinioDirectory(directory: string): Promise<boolean> {
  return await exists(join(resolve(directory), SYSTEM_DIRECTORY, "format.json"));
}

/**
 * Opens a directory in MinIO's FS layout. One that is not there yet is made, and what lies in one that was not MinIO's
 * is served as it is. Several servers may have it open.
 * @throws StartError with a message that says what is wrong, where, and what to do
 */
export async function openFsStore(directory: string): Promise<Store> {
  const root = resolve(directory);
  try {
    const layout = new Layout(await prepareRoot(root));
    await readFormat(layout);
    for (const path of [layout.multipart, layout.tmp, layout.locks]) await mkdir(path, { recursive: true });
    const store = new FsStore(await openWorkplace(layout));
    await store.recovered();
    return store;
  } catch (thrown) {
    throw directoryFault(thrown, root);
  }
}

async function prepareRoot(root: string): Promise<string> {
  const created = await mkdir(root, { recursive: true });
  if (created !== undefined) await syncDirectory(dirname(created));
  const real = await realpath(root);
  await access(real, constants.R_OK | constants.W_OK | constants.X_OK);
  if (await exists(join(real, DATABASE_FILE))) {
    throw new StartError(
      "embedded-layout",
      `${root} holds data of minio-ts in its own layout. Serve it with "server ${root}", or choose another directory.`,
    );
  }
  return real;
}

async function openWorkplace(layout: Layout): Promise<Workplace> {
  let staging: Staging;
  try {
    staging = await Staging.open(layout);
  } catch (thrown) {
    if (systemCode(thrown) !== "ERR_SQLITE_ERROR") throw thrown;
    throw new StartError(
      "no-locks",
      `${layout.tmp} is on a file system without locks (${String(thrown)}). ` +
        "Mount it with locks, for NFS without the option nolock.",
      thrown,
    );
  }
  const workplace: Workplace = {
    layout,
    staging,
    keys: new Locks(layout.locks, "key"),
    buckets: new Locks(layout.locks, "bucket"),
    directories: new FirmSync(),
  };
  try {
    // Several servers may find the directory empty at the same time.
    await workplace.buckets.hold(SYSTEM_DIRECTORY, async () => {
      const format = await readFormat(layout);
      if (format?.id === undefined) await writeFormat(workplace, newDeploymentId());
    });
    return workplace;
  } catch (thrown) {
    await workplace.buckets.close();
    await staging.close();
    throw thrown;
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}
