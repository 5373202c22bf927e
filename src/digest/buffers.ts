/** Size of one buffer that travels to a hash worker and back. */
export const BUFFER_BYTES = 512 * 1024;

/** Somebody who keeps a partly filled buffer between two calls and can send it off early. */
export interface Holder {
  letGo(): void;
}

/**
 * The buffers of all streams of this process. Their number is capped, so that memory does not grow with the number of
 * uploads. A stream that waits for slow bytes must not starve the others: its partly filled buffer is called back.
 */
export class BufferPool {
  readonly #cap: number;
  readonly #free: ArrayBuffer[] = [];
  readonly #waiting: ((buffer: ArrayBuffer) => void)[] = [];
  readonly #resting = new Set<Holder>();
  #made = 0;

  /** @param cap most buffers in existence */
  constructor(cap: number) {
    this.#cap = cap;
  }

  /** A buffer if one is to be had now. */
  take(): ArrayBuffer | undefined {
    const buffer = this.#free.pop();
    if (buffer !== undefined || this.#made >= this.#cap) return buffer;
    this.#made++;
    return new ArrayBuffer(BUFFER_BYTES);
  }

  /** The next buffer that comes back. First come, first served. */
  wait(): Promise<ArrayBuffer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      const [holder] = this.#resting;
      if (holder === undefined) return;
      this.#resting.delete(holder);
      holder.letGo();
    });
  }

  /** Takes a buffer back. */
  give(buffer: ArrayBuffer): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(buffer);
    else next(buffer);
  }

  /** Replaces buffers that went down with a worker. */
  lose(count: number): void {
    this.#made -= count;
    while (this.#waiting.length > 0) {
      const buffer = this.take();
      if (buffer === undefined) return;
      this.give(buffer);
    }
  }

  /** The holder keeps a partly filled buffer for now; it is asked to let go at once when others wait already. */
  rest(holder: Holder): void {
    if (this.#waiting.length > 0) holder.letGo();
    else this.#resting.add(holder);
  }

  /** The holder uses its buffer again. */
  wake(holder: Holder): void {
    this.#resting.delete(holder);
  }
}
