import { Worker } from "node:worker_threads";
import type { BufferPool } from "./buffers.ts";
import type { DigestName, Digests } from "./digest.ts";
import type { FromWorker, ToWorker } from "./worker.ts";

/** The part of a stream that a worker reports to. */
export interface WorkerStream {
  /** One of its buffers has been hashed and is back in the pool. */
  hashed(): void;
  finished(digests: Digests): void;
  failed(error: Error): void;
}

/** A running worker thread and the streams on it. It keeps the process alive only while it has streams. */
export class HashWorker {
  readonly #worker: Worker;
  readonly #buffers: BufferPool;
  readonly #streams = new Map<number, WorkerStream>();
  #nextId = 0;
  #travelling = 0;
  #dead = false;

  /** @param gone called once when the thread has ended */
  constructor(buffers: BufferPool, gone: (worker: HashWorker) => void) {
    this.#buffers = buffers;
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url));
    this.#worker.unref();
    this.#worker.on("message", (message: FromWorker) => this.#hear(message));
    const end = (cause: unknown) => {
      if (this.#dead) return;
      this.#dead = true;
      gone(this);
      this.#buffers.lose(this.#travelling);
      const error = new Error("a hash worker ended unexpectedly", { cause });
      for (const stream of this.#streams.values()) stream.failed(error);
      this.#streams.clear();
    };
    this.#worker.on("error", end);
    this.#worker.on("exit", end);
  }

  /** Streams that it works on. */
  get load(): number {
    return this.#streams.size;
  }

  /** Opens a stream and returns its id here. */
  begin(names: readonly DigestName[], stream: WorkerStream): number {
    const id = this.#nextId++;
    if (this.#streams.size === 0) this.#worker.ref();
    this.#streams.set(id, stream);
    this.#tell({ kind: "begin", stream: id, names });
    return id;
  }

  /** Sends the first `length` bytes of a buffer, which is gone for the caller. */
  update(stream: number, buffer: ArrayBuffer, length: number): void {
    if (this.#dead) return this.#buffers.give(buffer);
    this.#travelling++;
    this.#tell({ kind: "update", stream, buffer, length }, [buffer]);
  }

  /** Asks for the digests of a stream. */
  finish(stream: number): void {
    this.#tell({ kind: "finish", stream });
  }

  /** Forgets a stream. */
  abandon(stream: number): void {
    this.#close(stream);
    this.#tell({ kind: "abandon", stream });
  }

  /** Ends the thread; its streams fail. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #tell(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    if (!this.#dead) this.#worker.postMessage(message, transfer);
  }

  #hear(message: FromWorker): void {
    const stream = this.#streams.get(message.stream);
    if (message.kind === "buffer") {
      this.#travelling--;
      this.#buffers.give(message.buffer);
      stream?.hashed();
    } else {
      this.#close(message.stream);
      stream?.finished(new Map(message.digests));
    }
  }

  #close(stream: number): void {
    if (this.#streams.delete(stream) && this.#streams.size === 0) this.#worker.unref();
  }
}
