import type { Secret } from "../../crypto/secret.ts";
import type { Lease } from "./approle.ts";
import type { Clock } from "./clock.ts";
import { VaultFault } from "./fault.ts";

/** What the token is kept alive with. Both throw VaultFault. */
export interface TokenSource {
  login(): Promise<Lease>;
  renew(token: Secret): Promise<Lease>;
}

/** What befalls the token: that it is lost and cannot be had again, and why; that there is one again. */
export type TokenEvent = { readonly kind: "lost"; readonly fault: VaultFault } | {
  readonly kind: "regained";
};

/** Part of a lease after which it is renewed. */
const RENEW_AT = 2 / 3;
/** Shortest and longest wait between failed log-ins, in milliseconds. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** How long refusals are put down to the policy when a new token fared no better, in milliseconds. */
const POLICY_HOLDS = 30_000;

/** A token in use. */
interface Held extends Lease {
  /** What its log-in granted; near its maximum age a token gets less. */
  readonly granted: number;
  readonly until: number;
}

/**
 * Keeps one token valid for as long as the server runs: logs in when there is none, renews at two thirds of its lease,
 * and logs in anew when it cannot be renewed or Vault no longer accepts it. At most one log-in is under way; after one
 * that failed, nobody tries before a growing wait is over.
 */
export class Token {
  readonly #source: TokenSource;
  readonly #clock: Clock;
  readonly #told: (event: TokenEvent) => void;
  #held: Held | undefined;
  #login: Promise<Secret> | undefined;
  #failures = 0;
  #fault: VaultFault | undefined;
  #restUntil = 0;
  #blamelessUntil = 0;
  #cancelTimer: (() => void) | undefined;
  #everHeld = false;
  #closed = false;

  /** @param told hears of failing log-ins once for each reason, and when it is over; not of the very first log-in */
  constructor(source: TokenSource, clock: Clock, told: (event: TokenEvent) => void) {
    this.#source = source;
    this.#clock = clock;
    this.#told = told;
  }

  /**
   * A token that should be valid. Waits for a log-in when there is none; soon after one that failed, fails likewise.
   * @throws VaultFault
   */
  async get(): Promise<Secret> {
    const now = this.#clock.now();
    if (this.#held !== undefined && now < this.#held.until) return this.#held.token;
    if (this.#login === undefined && this.#fault !== undefined && now < this.#restUntil) throw this.#fault;
    return await this.#logIn();
  }

  /**
   * Vault refused this token, so it is given up.
   * @returns whether another one may fare better; not so while the policy is known to be the reason
   */
  reject(token: Secret): boolean {
    if (this.#held?.token !== token) return true;
    if (this.#clock.now() < this.#blamelessUntil) return false;
    this.#held = undefined;
    return true;
  }

  /** A new token was refused like the old one: it is not the token, it is the policy. */
  acquit(token: Secret): void {
    if (this.#held?.token === token) this.#blamelessUntil = this.#clock.now() + POLICY_HOLDS;
  }

  close(): void {
    this.#closed = true;
    this.#held = undefined;
    this.#cancelTimer?.();
  }

  #logIn(): Promise<Secret> {
    this.#login ??= this.#newLogin().finally(() => {
      this.#login = undefined;
    });
    return this.#login;
  }

  async #newLogin(): Promise<Secret> {
    const asked = this.#clock.now();
    try {
      const lease = await this.#source.login();
      this.#blamelessUntil = 0;
      this.#keep(lease, asked, lease.duration);
      return lease.token;
    } catch (thrown) {
      if (thrown instanceof VaultFault) this.#failed(thrown);
      throw thrown;
    }
  }

  /** Counts a lease from when it was asked for, so that ours ends before Vault's. */
  #keep(lease: Lease, asked: number, granted: number): void {
    if (this.#everHeld && this.#fault !== undefined) this.#told({ kind: "regained" });
    this.#everHeld = true;
    this.#failures = 0;
    this.#fault = undefined;
    if (this.#closed) return;
    this.#held = { ...lease, granted, until: asked + lease.duration };
    this.#cancelTimer?.();
    if (lease.duration !== Infinity) this.#refreshAt(asked + lease.duration * RENEW_AT);
  }

  #failed(fault: VaultFault): void {
    if (this.#everHeld && this.#fault?.message !== fault.message) this.#told({ kind: "lost", fault });
    this.#failures++;
    this.#fault = fault;
    const wait = Math.min(FIRST_WAIT * 2 ** (this.#failures - 1), LONGEST_WAIT);
    this.#restUntil = this.#clock.now() + wait * (0.5 + this.#clock.random() / 2);
    this.#refreshAt(this.#restUntil);
  }

  #refreshAt(time: number): void {
    this.#cancelTimer?.();
    if (this.#closed) return;
    const delay = Math.max(0, time - this.#clock.now());
    this.#cancelTimer = this.#clock.after(delay, () => void this.#refresh());
  }

  /** Renews, or logs in where that does not work. A log-in that fails sets the time of the next try itself. */
  async #refresh(): Promise<void> {
    const held = this.#held;
    const asked = this.#clock.now();
    if (held?.renewable === true && asked < held.until) {
      const renewed = await this.#source.renew(held.token).catch(() => undefined);
      // Refused and replaced meanwhile: who did that has set the next time.
      if (this.#closed || this.#held !== held) return;
      if (renewed !== undefined && renewed.duration >= held.granted / 2) {
        return this.#keep({ ...renewed, token: held.token }, asked, held.granted);
      }
    }
    await this.#logIn().catch(() => undefined);
  }
}
