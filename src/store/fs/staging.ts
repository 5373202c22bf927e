import { randomBytes, randomUUID } from "node:crypto";
import { access, mkdir, open, readdir, rmdir, unlink } from "node:fs/promises";
import type { DraftFiles } from "../files/blob-writer.ts";
import { freeSpace } from "../files/free-space.ts";
import { S3Error } from "../../errors/s3-error.ts";
import { FirmSync } from "./firm-sync.ts";
import { KernelLock } from "./kernel-lock.ts";
import type { Layout } from "./layout.ts";
import { explainSystemError, isMissing, systemCode } from "./system-error.ts";

/** Held as long as the process lives. */
export const ALIVE_FILE = "alive";
/** Of a file in staging: the metadata file that goes with it, and the name of the object that it is to become. */
export const METADATA_SUFFIX = ".json";
export const TARGET_SUFFIX = ".target";

/** Bodies from this size on are refused before they fill the disk; smaller ones find out. */
const LARGE = 8 * 1024 * 1024;

/**
 * The directory in `.minio.sys/tmp` where this process prepares what it writes. Everything in it has a random name that
 * is never used again. A lock in it tells other processes that this one is alive; what a dead one leaves is for
 * `recoverStaging`.
 */
export class Staging implements DraftFiles {
  /** A UUID. */
  readonly name: string;
  readonly directory: string;
  readonly #alive: KernelLock;
  readonly #sync = new FirmSync();

  private constructor(name: string, directory: string, alive: KernelLock) {
    this.name = name;
    this.directory = directory;
    this.#alive = alive;
  }

  /** @throws Error when the file system has no locks, or cannot be written */
  static async open(layout: Layout): Promise<Staging> {
    for (;;) {
      const name = randomUUID();
      const directory = `${layout.tmp}/${name}`;
      await mkdir(directory);
      const alive = new KernelLock(`${directory}/${ALIVE_FILE}`);
      // Before the lock is taken another process may believe that the directory is a dead one's.
      if (alive.tryAcquire() && await access(`${directory}/${ALIVE_FILE}`).then(() => true, () => false)) {
        return new Staging(name, directory, alive);
      }
      alive.close();
    }
  }

  draft(): string {
    return randomBytes(16).toString("hex");
  }

  path(file: string): string {
    return `${this.directory}/${file}`;
  }

  /** Does nothing: a draft gets its durable name together with the files that go with it. */
  async syncName(): Promise<void> {}

  /** Makes all names in the directory durable. */
  sync(): Promise<void> {
    return this.#sync.sync(this.directory);
  }

  async discard(id: string): Promise<void> {
    for (const suffix of ["", METADATA_SUFFIX, TARGET_SUFFIX]) {
      await unlink(this.path(id + suffix)).catch(() => {});
    }
  }

  requireSpace(size: number): void {
    if (size >= LARGE && freeSpace(this.directory) < size) throw new S3Error("XMinioStorageFull");
  }

  /** Writes a small new file to the disk. Its name is made durable by `sync`. */
  async writeFile(file: string, content: string | Uint8Array): Promise<void> {
    try {
      const handle = await open(this.path(file), "wx");
      try {
        await handle.writeFile(content);
        await handle.datasync();
      } finally {
        await handle.close();
      }
    } catch (thrown) {
      throw explainSystemError(thrown);
    }
  }

  /** Gives the directory up. What still lies in it is left for `recoverStaging`. */
  async close(): Promise<void> {
    this.#alive.close();
    await removeStaging(this.directory);
  }
}

/** Removes a staging directory that holds nothing but its lock. */
export async function removeStaging(directory: string): Promise<void> {
  try {
    if ((await readdir(directory)).some((name) => name !== ALIVE_FILE)) return;
    await unlink(`${directory}/${ALIVE_FILE}`);
    await rmdir(directory);
  } catch (thrown) {
    // Another process may do the same at the same time, or may have just made the lock anew to see whether it is free.
    if (!isMissing(thrown) && systemCode(thrown) !== "ENOTEMPTY") throw thrown;
  }
}
