import { setImmediate } from "node:timers";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { S3Error } from "../../errors/s3-error.ts";
import { explainFullDisk } from "../files/storage-full.ts";

/**
 * Changes to the database. All jobs that one turn of the event loop submits run in one transaction, so that they share
 * one fsync; each promise settles after it.
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  #queue: Job[] = [];
  #closed = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
  }

  /**
   * Runs `decideAndWrite` in the next transaction and resolves with its result once that is durable. An S3Error that
   * it throws rejects this job alone, so it must be thrown before the job's first write. After any other error the
   * transaction is undone and each of its jobs runs again in one of its own; so a job changes nothing but the
   * database. `committed` runs at once after the commit, before any reader can see the database.
   * @throws S3Error XMinioStorageFull when the disk is full; nothing is changed then
   */
  submit<T>(decideAndWrite: () => T, committed?: (result: T) => void): Promise<T> {
    if (this.#closed) return Promise.reject(new Error("the store is closed"));
    return new Promise<T>((resolve, reject) => {
      if (this.#queue.length === 0) setImmediate(() => this.flush());
      this.#queue.push({
        attempt: () => {
          try {
            const result = decideAndWrite();
            return () => {
              committed?.(result);
              resolve(result);
            };
          } catch (error) {
            if (!(error instanceof S3Error)) throw error;
            return () => reject(error);
          }
        },
        reject,
      });
    });
  }

  /** Commits what is queued now. */
  flush(): void {
    const jobs = this.#queue;
    this.#queue = [];
    if (jobs.length === 0) return;
    const failure = this.#transact(jobs);
    if (failure === undefined) return;
    if (jobs.length === 1) return jobs[0]?.reject(failure.error);
    for (const job of jobs) {
      const own = this.#transact([job]);
      if (own !== undefined) job.reject(own.error);
    }
  }

  /** Commits what is queued and takes no more jobs. */
  close(): void {
    this.#closed = true;
    this.flush();
  }

  #transact(jobs: readonly Job[]): { readonly error: unknown } | undefined {
    let settle: (() => void)[];
    try {
      this.#begin.run();
      settle = jobs.map((job) => job.attempt());
      this.#commit.run();
    } catch (error) {
      this.#rollBack();
      return { error: explainFullDisk(error) };
    }
    for (const done of settle) done();
    return undefined;
  }

  #rollBack(): void {
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // A full disk or an I/O error has made SQLite roll back by itself.
    }
  }
}

interface Job {
  /** Does the job's work and returns what to do once it is durable. */
  readonly attempt: () => () => void;
  readonly reject: (error: unknown) => void;
}
