import type { Secret } from "../../crypto/secret.ts";
import type { Lease } from "./approle.ts";
import type { Clock } from "./clock.ts";
import { VaultFault } from "./fault.ts";

/** What the token is kept alive with. */
export interface TokenSource {
  login(): Promise<Lease>;
  renew(token: Secret): Promise<Lease>;
}

/** Part of a lease after which it is renewed. */
const RENEW_AT = 2 / 3;
/** Shortest and longest wait between failed log-ins or renewals, in milliseconds. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;

/**
 * Keeps one token valid for as long as the server runs: logs in when there is none, renews at two thirds of its lease,
 * and logs in anew when it cannot be renewed or Vault no longer accepts it. At most one log-in is under way.
 */
export class Token {
  readonly #source: TokenSource;
  readonly #clock: Clock;
  readonly #told: (fault: VaultFault) => void;
  #lease: (Lease & { readonly since: number }) | undefined;
  #login: Promise<Secret> | undefined;
  #failures = 0;
  #refusedUntil = 0;
  #lastFault: unknown;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  /** @param told hears of every failed log-in or renewal */
  constructor(source: TokenSource, clock: Clock, told: (fault: VaultFault) => void) {
    this.#source = source;
    this.#clock = clock;
    this.#told = told;
  }

  /**
   * A token that should be valid. Waits for a log-in when there is none; soon after one that failed, fails likewise.
   * @throws VaultFault
   */
  async get(): Promise<Secret> {
    const lease = this.#lease;
    if (lease !== undefined && this.#clock.now() - lease.since < lease.duration) return lease.token;
    if (this.#login === undefined && this.#clock.now() < this.#refusedUntil) throw this.#lastFault;
    return await this.#logIn();
  }

  /** Vault did not accept this token: the next `get` logs in, unless that has happened already. */
  reject(token: Secret): void {
    if (this.#lease?.token !== token) return;
    this.#lease = undefined;
    this.#cancelTimer?.();
  }

  close(): void {
    this.#closed = true;
    this.#lease = undefined;
    this.#cancelTimer?.();
  }

  #logIn(): Promise<Secret> {
    this.#login ??= this.#source.login().then((lease) => {
      this.#failures = 0;
      this.#refusedUntil = 0;
      this.#take(lease);
      return lease.token;
    }, (thrown) => {
      this.#failed(thrown);
      throw thrown;
    }).finally(() => {
      this.#login = undefined;
    });
    return this.#login;
  }

  #take(lease: Lease): void {
    if (this.#closed) return;
    this.#lease = { ...lease, since: this.#clock.now() };
    this.#cancelTimer?.();
    if (lease.duration !== Infinity) this.#schedule(lease.duration * RENEW_AT);
  }

  #schedule(delay: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(delay, () => void this.#refresh());
  }

  /** Renews, or logs in where that is not possible; tries again until one of them works. */
  async #refresh(): Promise<void> {
    const lease = this.#lease;
    try {
      if (lease?.renewable === true) {
        const renewed = await this.#source.renew(lease.token);
        // A token near its maximum age gets shorter leases; a new one serves longer.
        if (renewed.duration >= lease.duration / 2 && this.#lease === lease) return this.#take(renewed);
      }
      await this.#logIn();
    } catch (thrown) {
      if (lease !== undefined && thrown instanceof VaultFault && thrown.kind === "denied") {
        this.reject(lease.token);
        this.#schedule(0);
        return;
      }
      if (this.#login === undefined && lease?.renewable === true) this.#failed(thrown);
      if (!this.#closed) this.#schedule(Math.max(FIRST_WAIT, this.#wait()));
    }
  }

  #failed(thrown: unknown): void {
    this.#failures++;
    this.#lastFault = thrown;
    if (thrown instanceof VaultFault) this.#told(thrown);
    // Requests do not hammer a Vault that refuses: between tries they share the last answer.
    this.#refusedUntil = this.#clock.now() + this.#wait();
  }

  #wait(): number {
    const wait = Math.min(FIRST_WAIT * 2 ** Math.max(0, this.#failures - 1), LONGEST_WAIT);
    return wait * (0.5 + this.#clock.random() / 2);
  }
}
