import { availableParallelism } from "node:os";
import { BufferPool } from "./buffers.ts";
import { HashWorker } from "./hash-worker.ts";

/** The hash workers of a process, started when they are first needed, and the buffers that they share. */
export class HashWorkers {
  readonly buffers: BufferPool;
  /** Most threads. */
  readonly limit: number;
  readonly #running = new Set<HashWorker>();

  /**
   * @param limit most threads
   * @param buffers most buffers of 512 KiB
   */
  constructor(limit: number, buffers: number) {
    this.limit = limit;
    this.buffers = new BufferPool(buffers);
  }

  /** The worker with the fewest streams; a new one while all are busy and there may be more. */
  pick(): HashWorker {
    let best: HashWorker | undefined;
    for (const worker of this.#running) {
      if (best === undefined || worker.load < best.load) best = worker;
    }
    if (best !== undefined && (best.load === 0 || this.#running.size >= this.limit)) return best;
    const worker = new HashWorker(this.buffers, (gone) => this.#running.delete(gone));
    this.#running.add(worker);
    return worker;
  }

  /** Ends all threads; streams on them fail. */
  async terminate(): Promise<void> {
    await Promise.all([...this.#running].map((worker) => worker.terminate()));
  }
}

/** Those of this process: one core is left to the main thread; 12 MiB of buffers for all uploads together. */
export const hashWorkers = new HashWorkers(Math.min(Math.max(availableParallelism() - 1, 1), 4), 24);
