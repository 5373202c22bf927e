import { Buffer } from "node:buffer";

/**
 * Write buffers shared by all uploads of the process. `take` never waits, since a stalled client may hold a buffer for
 * long: who gets none writes without one.
 */
export class BufferPool {
  readonly #size: number;
  readonly #most: number;
  readonly #mostIdle: number;
  readonly #idle: Buffer[] = [];
  #taken = 0;

  /** Buffers of `size` bytes, at most `most` in use; `mostIdle` are kept while none is. */
  constructor(size: number, most: number, mostIdle: number) {
    this.#size = size;
    this.#most = most;
    this.#mostIdle = mostIdle;
  }

  /** A buffer with arbitrary content, or `undefined` when all are in use. */
  take(): Buffer | undefined {
    if (this.#taken === this.#most) return undefined;
    this.#taken++;
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(this.#size);
  }

  give(buffer: Buffer): void {
    this.#taken--;
    this.#idle.push(buffer);
    // Letting buffers go while others are in use would only make garbage of them.
    if (this.#taken === 0) this.#idle.length = Math.min(this.#idle.length, this.#mostIdle);
  }
}
