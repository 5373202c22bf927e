import { stat } from "node:fs/promises";
import { join } from "node:path";

/** The database in a directory of the embedded store, which is recognised by it. */
export const DATABASE_FILE = "store.db";

/** Where MinIO keeps what is its own in a directory. */
export const SYSTEM_DIRECTORY = ".minio.sys";

/** Whether a directory holds an embedded store. */
export async function isEmbeddedDirectory(directory: string): Promise<boolean> {
  return await isThere(join(directory, DATABASE_FILE));
}

/** Whether a directory is one of MinIO's in its FS layout, or of any of its layouts. */
export async function isMinioDirectory(directory: string): Promise<boolean> {
  return await isThere(join(directory, SYSTEM_DIRECTORY, "format.json"));
}

/** Whether anything has this path. */
export async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}
