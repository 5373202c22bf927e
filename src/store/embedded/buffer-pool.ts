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

  /** Buffers of `size` bytes, at most `most` in use, of which `mostIdle` are kept for later. */
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
    if (this.#idle.length < this.#mostIdle) this.#idle.push(buffer);
  }
}
