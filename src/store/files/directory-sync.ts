import { open } from "node:fs/promises";
import process from "node:process";

/** Makes names in directories durable. Callers that come while a sync runs share the next one. */
export class DirectorySync {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  /** Resolves once every name that was in `directory` when this was called is durable. */
  sync(directory: string): Promise<void> {
    const running = this.#running.get(directory);
    if (running === undefined) return this.#start(directory);
    const waiting = this.#next.get(directory);
    if (waiting !== undefined) return waiting;
    const next = running.catch(() => {}).then(() => {
      this.#next.delete(directory);
      return this.#start(directory);
    });
    this.#next.set(directory, next);
    return next;
  }

  #start(directory: string): Promise<void> {
    const running = syncDirectory(directory).finally(() => this.#running.delete(directory));
    this.#running.set(directory, running);
    return running;
  }
}

/** Flushes one directory to the disk. Windows flushes none: NTFS brings its names to the disk in order, by its journal. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
