import type { Secret } from "../../crypto/secret.ts";
import { Breaker } from "./breaker.ts";
import type { Clock } from "./clock.ts";
import { VaultFault } from "./fault.ts";
import { Token, type TokenEvent, type TokenSource } from "./token.ts";

/** Further tries after a fault that may pass, and the first wait before one, in milliseconds. */
const RETRIES = 2;
const RETRY_WAIT = 50;

/** How long a success speaks for Vault when nothing fails after it, in milliseconds. */
const HEALTH_HOLDS = 10_000;

/** Keeps operations going: token, second log-in, retries, breaker. */
export class Session {
  readonly #token: Token;
  readonly #breaker: Breaker;
  readonly #clock: Clock;
  readonly #timeout: number;
  #lastSuccess = -Infinity;

  /**
   * @param timeout milliseconds after which no further try is made
   * @param told hears of a log-in that fails, and that works again
   */
  constructor(source: TokenSource, clock: Clock, timeout: number, told: (event: TokenEvent) => void) {
    this.#token = new Token(source, clock, told);
    this.#breaker = new Breaker(clock);
    this.#clock = clock;
    this.#timeout = timeout;
  }

  /** Whether the last operation went well, and not long ago. */
  get isHealthy(): boolean {
    const recently = this.#clock.now() - this.#lastSuccess < HEALTH_HOLDS;
    return recently && this.#breaker.fault === undefined;
  }

  /** Logs in, or takes the token that there is. @throws VaultFault */
  logIn(): Promise<Secret> {
    return this.#token.get();
  }

  /** Does one operation. @throws VaultFault */
  async run<T>(work: (token: Secret) => Promise<T>): Promise<T> {
    try {
      const result = await this.#breaker.run(() => this.#retried(() => this.#authenticated(work)));
      this.#lastSuccess = this.#clock.now();
      return result;
    } catch (thrown) {
      if (!(thrown instanceof VaultFault && thrown.kind === "refused")) this.#lastSuccess = -Infinity;
      throw thrown;
    }
  }

  close(): void {
    this.#token.close();
  }

  async #retried<T>(work: () => Promise<T>): Promise<T> {
    const end = this.#clock.now() + this.#timeout;
    for (let tries = 0;; tries++) {
      try {
        return await work();
      } catch (thrown) {
        const again = thrown instanceof VaultFault && thrown.isWorthAnotherTry;
        if (!again || tries === RETRIES || this.#clock.now() >= end) throw thrown;
        await this.#clock.sleep(RETRY_WAIT * 2 ** tries * (0.5 + this.#clock.random()));
      }
    }
  }

  /** A token may have been revoked since we got it: then one log-in and one more try. */
  async #authenticated<T>(work: (token: Secret) => Promise<T>): Promise<T> {
    const token = await this.#token.get();
    try {
      return await work(token);
    } catch (thrown) {
      if (!isDenied(thrown) || !this.#token.reject(token)) throw thrown;
    }
    const another = await this.#token.get();
    try {
      return await work(another);
    } catch (thrown) {
      if (isDenied(thrown)) this.#token.acquit(another);
      throw thrown;
    }
  }
}

function isDenied(thrown: unknown): boolean {
  return thrown instanceof VaultFault && thrown.kind === "denied";
}
