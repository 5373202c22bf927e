/** What a client has to keep up with while the server waits for it. */
export interface PaceLimits {
  /** How long it may do nothing, in milliseconds. */
  readonly silence: number;
  /** Bytes a second that it may not stay below for long; 0 for any. */
  readonly rate: number;
}

/** What applies unless something else is configured. */
export const PACE_LIMITS: PaceLimits = { silence: 120_000, rate: 500 };

/**
 * How long one client may still be waited for. Waiting uses the time up, and every byte that moves brings back what it
 * may take at the lowest rate. So a client that does nothing is given up after the longest silence, one that only drips
 * soon after, and one that is faster than the lowest rate never.
 */
export class Pace {
  readonly #limits: PaceLimits;
  #left: number;
  #slow = false;

  constructor(limits: PaceLimits) {
    this.#limits = limits;
    this.#left = limits.silence;
  }

  /** Milliseconds that the client may be waited for now. */
  get left(): number {
    return this.#left;
  }

  /** Whether the client was waited for over a second, the last time. */
  get isSlow(): boolean {
    return this.#slow;
  }

  /** Takes down that the client was waited for, in milliseconds, until so many bytes moved. */
  moved(bytes: number, waited: number): void {
    const { silence, rate } = this.#limits;
    const earned = rate === 0 ? silence : (bytes / rate) * 1000;
    this.#slow = waited > 1000;
    this.#left = Math.min(silence, Math.max(0, this.#left - waited) + earned);
  }
}
