import { mkdir, open } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { BLOB_DIRECTORY, BlobFiles } from "./blob-files.ts";
import { openDatabase } from "./database.ts";
import { proveAccess } from "../files/access.ts";
import { syncDirectory } from "../files/directory-sync.ts";
import { EmbeddedStore } from "./embedded-store.ts";
import { directoryFault } from "../directory-fault.ts";
import { DATABASE_FILE, isEmbeddedDirectory, isMinioDirectory, isThere } from "../layouts.ts";
import { StartError } from "../start-error.ts";

/** How an embedded store is opened. */
export interface EmbeddedStoreOptions {
  /** How long to wait for another server to let go of the directory, in milliseconds; 1000 if not given. */
  readonly lockTimeout?: number;
  /** Whether to begin a store where there is none; so it is if not given. */
  readonly create?: boolean;
}

/**
 * Opens the embedded store in `directory`, which is created when missing. The store owns the directory until `close`.
 * @throws StartError with a message that says what is wrong, where, and what to do
 */
export async function openEmbeddedStore(
  directory: string,
  options: EmbeddedStoreOptions = {},
): Promise<EmbeddedStore> {
  const root = resolve(directory);
  try {
    await prepareDirectory(root, options.create ?? true);
    const database = await openOwnDatabase(root, options.lockTimeout ?? 1000);
    try {
      const files = await BlobFiles.open(join(root, BLOB_DIRECTORY));
      // The database file is as durable as its name.
      await syncDirectory(root);
      return new EmbeddedStore(database, files);
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw directoryFault(error, root);
  }
}

/** Opens the database. SQLite calls a file of another user a disk I/O error, so the system is asked what is wrong. */
async function openOwnDatabase(root: string, lockTimeout: number): Promise<DatabaseSync> {
  try {
    return openDatabase(root, lockTimeout);
  } catch (error) {
    // Not before: whoever closes a file gives up the locks that its process has on it.
    if (!(error instanceof StartError)) await (await open(join(root, DATABASE_FILE), "r+")).close();
    throw error;
  }
}

async function prepareDirectory(root: string, create: boolean): Promise<void> {
  if (create) await createDirectory(root);
  else if (!await isThere(root)) throw new StartError("missing", `${root} does not exist.`);
  await proveAccess(root);
  const isOurs = await isEmbeddedDirectory(root);
  if (!isOurs && await isMinioDirectory(root)) {
    throw new StartError(
      "minio-fs-layout",
      `${root} holds data of MinIO in its file system layout. Serve it with "gateway nas ${root}", ` +
        "or choose an empty directory.",
    );
  }
  if (!isOurs && !create) {
    throw new StartError("missing", `${root} holds no objects. Name the directory that a server was run on.`);
  }
}

/** Makes a directory with all that are above it, and their names durable. */
async function createDirectory(root: string): Promise<void> {
  const first = await mkdir(root, { recursive: true });
  if (first === undefined) return;
  const top = dirname(resolve(first));
  for (let directory = dirname(root); directory.length >= top.length; directory = dirname(directory)) {
    await syncDirectory(directory);
    if (directory === top) return;
  }
}
