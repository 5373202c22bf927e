import type { Clock } from "./clock.ts";
import { VaultFault } from "./fault.ts";

/** Failures in a row after which no more calls are made for a while. */
const THRESHOLD = 5;
/** First and longest rest, in milliseconds. */
const FIRST_REST = 500;
const LONGEST_REST = 5_000;
/** How long a call waits for what the trial of another finds out, in milliseconds. */
const TRIAL_PATIENCE = 500;

/**
 * A circuit breaker: while Vault does not answer, calls fail at once instead of queueing up behind time-outs, and one
 * call at a time tries whether it is back. Calls that come meanwhile give it a moment: when Vault is back, none of them
 * has to fail.
 */
export class Breaker {
  readonly #clock: Clock;
  #failures = 0;
  #restUntil = 0;
  #trial: Promise<unknown> | undefined;
  #last: VaultFault | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What has kept Vault out of reach so often that calls rest now. */
  get fault(): VaultFault | undefined {
    return this.#failures < THRESHOLD ? undefined : this.#last;
  }

  /** @throws VaultFault whatever the work throws, or the last fault again while calls rest */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.fault !== undefined && this.#trial !== undefined) await this.#awaitTrial(this.#trial);
    const { fault } = this;
    if (fault === undefined) return await this.#judged(work);
    if (this.#trial !== undefined || this.#clock.now() < this.#restUntil) throw fault;
    const trial = this.#judged(work).finally(() => {
      this.#trial = undefined;
    });
    this.#trial = trial;
    return await trial;
  }

  #awaitTrial(trial: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(TRIAL_PATIENCE, resolve);
      const over = () => {
        cancel();
        resolve();
      };
      trial.then(over, over);
    });
  }

  async #judged<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#failures = 0;
      return result;
    } catch (thrown) {
      if (thrown instanceof VaultFault && thrown.passes) this.#failed(thrown);
      else this.#failures = 0;
      throw thrown;
    }
  }

  #failed(fault: VaultFault): void {
    this.#failures++;
    this.#last = fault;
    const rest = Math.min(FIRST_REST * 2 ** Math.max(0, this.#failures - THRESHOLD), LONGEST_REST);
    this.#restUntil = this.#clock.now() + rest * (0.5 + this.#clock.random() / 2);
  }
}
