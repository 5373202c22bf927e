import { BUFFER_BYTES, type Holder } from "./buffers.ts";
import type { Digester, DigestName, Digests } from "./digest.ts";
import type { HashWorker, WorkerStream } from "./hash-worker.ts";
import type { HashWorkers } from "./hash-workers.ts";
import { InlineDigester } from "./inline-digester.ts";

/** Most buffers that one stream has on their way to its worker. */
const MOST_IN_FLIGHT = 4;

/**
 * Hashes in a worker thread. Bytes are collected in a buffer of 512 KiB; a stream that ends before its first buffer is
 * full never leaves this thread.
 */
export class WorkerDigester implements Digester, Holder, WorkerStream {
  readonly #names: readonly DigestName[];
  readonly #workers: HashWorkers;
  #at: { readonly worker: HashWorker; readonly id: number } | undefined;
  #buffer: ArrayBuffer | undefined;
  #filled = 0;
  #inFlight = 0;
  #error: Error | undefined;
  #ended = false;
  #wake: (() => void) | undefined;
  #done: PromiseWithResolvers<Digests> | undefined;

  constructor(names: readonly DigestName[], workers: HashWorkers) {
    this.#names = names;
    this.#workers = workers;
  }

  update(chunk: Uint8Array): Promise<void> | undefined {
    this.#workers.buffers.wake(this);
    const left = this.#copy(chunk);
    if (left.length > 0) return this.#copySlowly(left);
    this.#rest();
  }

  async finish(): Promise<Digests> {
    this.#workers.buffers.wake(this);
    this.#ended = true;
    if (this.#error !== undefined) throw this.#error;
    if (this.#at === undefined) return this.#finishInline();
    this.#send();
    this.#done = Promise.withResolvers();
    this.#at.worker.finish(this.#at.id);
    return await this.#done.promise;
  }

  abandon(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#at?.worker.abandon(this.#at.id);
    this.#drop();
    this.#wake?.();
  }

  letGo(): void {
    this.#send();
  }

  hashed(): void {
    this.#inFlight--;
    this.#wake?.();
  }

  finished(digests: Digests): void {
    this.#done?.resolve(digests);
  }

  failed(error: Error): void {
    this.#error = error;
    this.#drop();
    this.#wake?.();
    this.#done?.reject(error);
  }

  /** Copies what there is room for without waiting and returns the rest. */
  #copy(chunk: Uint8Array): Uint8Array {
    let left = chunk;
    while (left.length > 0 && !this.#ended && this.#error === undefined) {
      if (this.#buffer === undefined) {
        if (this.#inFlight >= MOST_IN_FLIGHT) break;
        this.#buffer = this.#workers.buffers.take();
        if (this.#buffer === undefined) break;
      }
      const part = left.subarray(0, BUFFER_BYTES - this.#filled);
      new Uint8Array(this.#buffer, this.#filled, part.length).set(part);
      this.#filled += part.length;
      left = left.subarray(part.length);
      if (this.#filled === BUFFER_BYTES) this.#send();
    }
    return left;
  }

  async #copySlowly(chunk: Uint8Array): Promise<void> {
    let left = chunk;
    while (left.length > 0) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return;
      if (this.#inFlight >= MOST_IN_FLIGHT) {
        await new Promise<void>((resolve) => this.#wake = resolve);
      } else {
        const buffer = await this.#workers.buffers.wait();
        if (this.#ended || this.#error !== undefined) this.#workers.buffers.give(buffer);
        else this.#buffer = buffer;
      }
      left = this.#copy(left);
    }
    this.#rest();
  }

  #rest(): void {
    if (this.#buffer !== undefined) this.#workers.buffers.rest(this);
  }

  #send(): void {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    if (this.#at === undefined) {
      const worker = this.#workers.pick();
      this.#at = { worker, id: worker.begin(this.#names, this) };
    }
    this.#inFlight++;
    this.#at.worker.update(this.#at.id, buffer, this.#filled);
    this.#buffer = undefined;
    this.#filled = 0;
  }

  #finishInline(): Digests {
    const digester = new InlineDigester(this.#names);
    if (this.#buffer !== undefined) digester.update(new Uint8Array(this.#buffer, 0, this.#filled));
    this.#drop();
    return digester.digests();
  }

  #drop(): void {
    this.#workers.buffers.wake(this);
    if (this.#buffer !== undefined) this.#workers.buffers.give(this.#buffer);
    this.#buffer = undefined;
    this.#filled = 0;
  }
}
