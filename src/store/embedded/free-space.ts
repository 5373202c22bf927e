/** With more than this left, nobody fills a disk before it is looked at again. */
const PLENTY = 2 ** 30;
const GOOD_FOR_MS = 100;

/**
 * What is free on a disk. Asking the system takes longer than anything else about a small write but its commit, so while
 * there is plenty, one answer serves for a tenth of a second.
 */
export class FreeSpace {
  readonly #ask: () => number;
  #left = 0;
  #askedAt = -Infinity;

  /** @param ask bytes that are free now */
  constructor(ask: () => number) {
    this.#ask = ask;
  }

  /** Whether `size` bytes fit, and still leave `reserve`. They count as written. */
  take(size: number, reserve: number): boolean {
    const now = performance.now();
    this.#left -= size;
    if (this.#left < PLENTY || now - this.#askedAt > GOOD_FOR_MS) {
      this.#left = this.#ask() - size;
      this.#askedAt = now;
    }
    return this.#left >= reserve;
  }
}
