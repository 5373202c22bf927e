import { DatabaseSync, type StatementSync } from "node:sqlite";

/**
 * A lock on a file between processes, also on different machines that share it. It is the kernel's own (fcntl), so it
 * goes with the process however that ends. SQLite is here for nothing but that: all runtimes have it, and it is the
 * only way to such a lock that all of them have. The file stays empty.
 */
export class KernelLock {
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #rollback: StatementSync;

  /** Opens the file, which is made when missing. */
  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec("PRAGMA busy_timeout = 0");
    // The default would make a file beside this one for every transaction.
    this.#database.exec("PRAGMA journal_mode = MEMORY");
    this.#begin = this.#database.prepare("BEGIN IMMEDIATE");
    this.#rollback = this.#database.prepare("ROLLBACK");
  }

  /** Takes the lock unless another one of its kind has it. @throws Error when the file system has no locks */
  tryAcquire(): boolean {
    try {
      this.#begin.run();
      return true;
    } catch (thrown) {
      // Deno gives no code, only SQLite's text.
      if (thrown instanceof Error && thrown.message.includes("database is locked")) return false;
      throw thrown;
    }
  }

  release(): void {
    this.#rollback.run();
  }

  /** Releases it, too. */
  close(): void {
    this.#database.close();
  }
}
