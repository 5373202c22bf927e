import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../../src/kms/vault/clock.ts";

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

/** Time that passes when a test says so. */
export class FakeClock implements Clock {
  #now = 0;
  #timers: Timer[] = [];
  #seed: number;

  constructor(seed = 1) {
    this.#seed = seed;
  }

  now(): number {
    return this.#now;
  }

  after(delay: number, call: () => void): () => void {
    const timer = { at: this.#now + delay, call };
    const place = this.#timers.findIndex(({ at }) => at > timer.at);
    this.#timers.splice(place < 0 ? this.#timers.length : place, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  sleep(delay: number): Promise<void> {
    return new Promise((resolve) => void this.after(delay, resolve));
  }

  /** The same numbers in every run. */
  random(): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
    return this.#seed / 2 ** 32;
  }

  /** Timers that have not run. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Lets `duration` milliseconds pass, with everything that happens in them. */
  async advance(duration: number): Promise<void> {
    const end = this.#now + duration;
    await setImmediate();
    for (let next = this.#timers[0]; next !== undefined && next.at <= end; next = this.#timers[0]) {
      this.#timers.shift();
      this.#now = Math.max(this.#now, next.at);
      next.call();
      await setImmediate();
    }
    this.#now = end;
  }
}
