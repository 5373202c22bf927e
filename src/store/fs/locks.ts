import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { S3Error } from "../../errors/s3-error.ts";
import { KernelLock } from "./kernel-lock.ts";

/** Names share so many lock files. Writers of two names that share one wait for each other. */
const FILES = 64;
/** How long a writer waits for others, in milliseconds. */
const PATIENCE = 30_000;
const LONGEST_PAUSE = 16;
/** A process that has held a lock file so long without a break, in milliseconds, lets others have a turn. */
const LONGEST_TURN = 200;

/**
 * Locks by name between all writers in all processes. Readers need none. A holder must not ask for a second lock of the
 * same `Locks`.
 */
export class Locks {
  readonly #prefix: string;
  readonly #files = new Map<string, LockFile>();

  /** @param directory holds the lock files, and must exist @param kind what is locked, for their names */
  constructor(directory: string, kind: string) {
    this.#prefix = `${directory}/${kind}-`;
  }

  /** Does the work while nobody else works under this name. @throws S3Error SlowDown when others take too long */
  hold<T>(name: string, work: () => Promise<T>): Promise<T> {
    const shard = createHash("sha256").update(name).digest().readUInt8() % FILES;
    const file = shard.toString(16).padStart(2, "0");
    let lock = this.#files.get(file);
    if (lock === undefined) this.#files.set(file, lock = new LockFile(this.#prefix + file));
    return lock.hold(work);
  }

  /** Waits for the work that is going on. */
  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
    this.#files.clear();
  }
}

/** One lock file, for which the writers of this process stand in line. */
class LockFile {
  readonly #lock: KernelLock;
  #line: Promise<unknown> = Promise.resolve();
  #turnSince = 0;
  #releasedAt = 0;

  constructor(path: string) {
    this.#lock = new KernelLock(path);
  }

  hold<T>(work: () => Promise<T>): Promise<T> {
    const held = this.#line.then(() => this.#hold(work));
    this.#line = held.catch(() => {});
    return held;
  }

  async close(): Promise<void> {
    await this.#line;
    this.#lock.close();
  }

  async #hold<T>(work: () => Promise<T>): Promise<T> {
    await this.#acquire();
    try {
      return await work();
    } finally {
      this.#lock.release();
      this.#releasedAt = performance.now();
    }
  }

  async #acquire(): Promise<void> {
    const now = performance.now();
    const deadline = now + PATIENCE;
    // Who polls would hardly ever hit upon the moment between two holders of this process.
    const goesOn = now - this.#releasedAt < LONGEST_PAUSE;
    if (goesOn && now - this.#turnSince > LONGEST_TURN) await setTimeout(2 * LONGEST_PAUSE);
    if (!goesOn || now - this.#turnSince > LONGEST_TURN) this.#turnSince = performance.now();
    for (let pause = 1; !this.#lock.tryAcquire(); pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      if (performance.now() > deadline) throw new S3Error("SlowDown");
      // Not in step with the others who wait.
      await setTimeout(pause * (0.5 + Math.random()));
    }
  }
}
