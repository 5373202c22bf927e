import { mkdir, readdir, realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { proveAccess } from "../files/access.ts";
import { syncDirectory } from "../files/directory-sync.ts";
import { directoryFault } from "../directory-fault.ts";
import { isEmbeddedDirectory, SYSTEM_DIRECTORY } from "../layouts.ts";
import { StartError } from "../start-error.ts";
import type { Store } from "../store.ts";
import { FirmSync } from "./firm-sync.ts";
import { newDeploymentId, readFormat, writeFormat } from "./format.ts";
import { FsReader } from "./fs-reader.ts";
import { FsStore } from "./fs-store.ts";
import { Layout } from "./layout.ts";
import { Locks } from "./locks.ts";
import { ALIVE_FILE, Staging, TARGET_SUFFIX } from "./staging.ts";
import { systemCode, unlessMissing } from "./system-error.ts";
import type { Workplace } from "./workplace.ts";

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

/**
 * Opens a directory in MinIO's FS layout to read it alone.
 * @throws StartError with a message that says what is wrong, where, and what to do
 */
export async function openFsReader(directory: string): Promise<FsReader> {
  const root = resolve(directory);
  try {
    const layout = new Layout(await realpath(root));
    const format = await readFormat(layout);
    if (format === undefined) {
      throw new StartError(
        "missing",
        `${root} holds no data of MinIO: there is no ${SYSTEM_DIRECTORY}/format.json in it.`,
      );
    }
    if (await holdsPendingWrites(layout)) {
      throw new StartError(
        "unfinished",
        `${root} holds objects that a server was about to put in their place when it ended. ` +
          `Run "server ${root}" once, which puts them there, and stop it.`,
      );
    }
    return new FsReader(layout, format.id);
  } catch (thrown) {
    throw readFault(thrown, root);
  }
}

/** Whether there are complete objects in staging, which listings do not show. */
async function holdsPendingWrites({ tmp }: Layout): Promise<boolean> {
  for (const name of await unlessMissing(readdir(tmp)) ?? []) {
    const files = await unlessMissing(readdir(join(tmp, name))) ?? [];
    if (files.includes(ALIVE_FILE) && files.some((file) => file.endsWith(TARGET_SUFFIX))) return true;
  }
  return false;
}

function readFault(thrown: unknown, root: string): unknown {
  const code = systemCode(thrown);
  if (code === "ENOENT") return new StartError("missing", `${root} does not exist.`, thrown);
  if (code === "ENOTDIR") return new StartError("not-a-directory", `${root} is not a directory.`, thrown);
  if (code !== "EACCES" && code !== "EPERM") return thrown;
  return new StartError(
    "not-readable",
    `${root} cannot be read (${String(thrown)}). Run this as a user that may read all of it.`,
    thrown,
  );
}

async function prepareRoot(root: string): Promise<string> {
  const created = await mkdir(root, { recursive: true });
  if (created !== undefined) await syncDirectory(dirname(created));
  const real = await realpath(root);
  await proveAccess(real);
  if (await isEmbeddedDirectory(real)) {
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
