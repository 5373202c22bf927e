import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { EncryptionConfig } from "../config/encryption.ts";
import type { Kms } from "../kms/kms.ts";
import type { Sse } from "../sse/sse.ts";
import type { EmbeddedStore } from "../store/embedded/embedded-store.ts";
import { openEmbeddedStore } from "../store/embedded/open.ts";
import type { FsReader } from "../store/fs/fs-reader.ts";
import { openFsReader, openFsStore } from "../store/fs/open.ts";
import { DATABASE_FILE, isMinioDirectory } from "../store/layouts.ts";
import { StartError } from "../store/start-error.ts";
import type { Store } from "../store/store.ts";
import { FatalError } from "./command.ts";
import { layoutEncryption, storeEncryption } from "./encryption.ts";

/** A directory with objects, opened. */
export interface DataDirectory {
  /** What holds them, in one line. */
  readonly storage: string;
  readonly store: Store;
  /** How they are encrypted. @throws FatalError when the KMS does not open the key that the store was begun with */
  encryption(kms: Kms | undefined, config: EncryptionConfig): Promise<Sse>;
}

/** How a directory is opened. */
export interface OpenOptions {
  /** Whether an empty or missing one becomes a new store. */
  readonly create: boolean;
  /** What to do when a server is using it. */
  readonly whenLocked?: string;
}

/** Opens what keeps its objects in a directory: MinIO's layout where it is there, otherwise our own. @throws FatalError */
export async function openDataDirectory(
  path: string,
  { create, whenLocked }: OpenOptions,
): Promise<DataDirectory> {
  const directory = resolve(path);
  if (await isMinioDirectory(directory)) return await openLayout(directory, "MinIO's FS layout");
  const store = await explained(directory, () => openEmbeddedStore(directory, { create }), whenLocked);
  return {
    storage: `${directory} (embedded)`,
    store,
    encryption: (kms, config) => storeEncryption(store, kms, config),
  };
}

/** Opens a directory of plain files, which becomes one in MinIO's layout if it is not. @throws FatalError */
export async function openNasDirectory(path: string): Promise<DataDirectory> {
  return await openLayout(resolve(path), "nas gateway, MinIO's FS layout");
}

async function openLayout(directory: string, what: string): Promise<DataDirectory> {
  const store = await explained(directory, () => openFsStore(directory));
  return {
    storage: `${directory} (${what})`,
    store,
    encryption: async (kms, config) => layoutEncryption(store, kms, config),
  };
}

/** Opens a directory in MinIO's layout to read it alone. @throws FatalError */
export async function openLayoutReader(path: string): Promise<FsReader> {
  const directory = resolve(path);
  return await explained(directory, () => openFsReader(directory));
}

/** Opens a storage of our own, or begins one in a directory that is empty or not there. @throws FatalError */
export async function openOwnDirectory(path: string, whenLocked: string): Promise<EmbeddedStore> {
  const directory = resolve(path);
  const entries = await readdir(directory).catch((): string[] => []);
  if (!entries.includes(DATABASE_FILE) && entries.some((name) => name !== "lost+found")) {
    throw new FatalError(`${directory} is not empty, and no storage of minio-ts.`, {
      hint: "Name a directory that is empty or not there yet, or a storage of minio-ts.",
    });
  }
  return await explained(directory, () => openEmbeddedStore(directory), whenLocked);
}

async function explained<Opened>(
  directory: string,
  open: () => Promise<Opened>,
  whenLocked?: string,
): Promise<Opened> {
  try {
    return await open();
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    if (thrown instanceof StartError && thrown.fault === "locked" && whenLocked !== undefined) {
      throw new FatalError(`${directory} is in use by a running server.`, {
        hint: whenLocked,
        cause: thrown,
      });
    }
    const message = thrown instanceof StartError ? thrown.message : `${directory}: ${thrown.message}`;
    throw new FatalError(`Unable to open the storage: ${message}`, { cause: thrown });
  }
}
