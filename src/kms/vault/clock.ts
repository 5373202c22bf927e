/** Time, so that a test can live through a month of it. */
export interface Clock {
  /** Milliseconds, monotonic enough to measure leases. */
  now(): number;
  /** Calls back once after `delay` milliseconds; the result calls it off. Keeps no process alive. */
  after(delay: number, call: () => void): () => void;
  /** Resolves after `delay` milliseconds. */
  sleep(delay: number): Promise<void>;
  /** A number in [0, 1) for jitter. */
  random(): number;
}

/** Longest delay that a timer of the runtime takes. A lease that outlasts it is renewed early. */
const LONGEST = 2 ** 31 - 1;

/** The time of day. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay, call) {
    const timer = setTimeout(call, Math.min(delay, LONGEST));
    timer.unref();
    return () => clearTimeout(timer);
  },
  sleep: (delay) => new Promise((resolve) => void setTimeout(resolve, delay)),
  random: Math.random,
};
