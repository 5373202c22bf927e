/** Time, so that a test can live through a month of it. */
export interface Clock {
  /** Milliseconds, monotonic enough to measure leases. */
  now(): number;
  /** Calls back once after `delay` milliseconds; the result calls it off. Keeps no process alive. */
  after(delay: number, call: () => void): () => void;
  /** A number in [0, 1) for jitter. */
  random(): number;
}

/** Longest delay that a timer of the runtime takes. */
const LONGEST = 2 ** 31 - 1;

/** The time of day. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay, call) {
    const timer = setTimeout(call, Math.min(delay, LONGEST));
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

/** Resolves after `delay` milliseconds. */
export function sleep(clock: Clock, delay: number): Promise<void> {
  return new Promise((resolve) => clock.after(delay, resolve));
}
