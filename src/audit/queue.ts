import { setImmediate, setTimeout } from "node:timers";
import type { Log } from "../log/log.ts";
import { type AuditTarget, UndeliverableError } from "./target.ts";

/** Most characters of entries that wait for one target, however few entries they are. */
const MAX_CHARACTERS = 64 * 1024 * 1024;

/** Milliseconds between tries: the first, and the longest. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** The same while the server ends. */
const LAST_PAUSE = 100;

/**
 * Entries on their way to one target. Nobody waits for it: what the target does not take in time waits here, and what
 * finds no room is lost and counted.
 */
export class AuditQueue {
  readonly #target: AuditTarget;
  readonly #limit: number;
  readonly #log: Log;
  readonly #stop = new AbortController();
  /** Oldest first, from `#head` on. */
  #waiting: string[] = [];
  #head = 0;
  #characters = 0;
  #delivering = 0;
  #workers = 0;
  #closing = false;
  #failing = false;
  #wake = new Set<() => void>();
  #whenIdle: (() => void) | undefined;
  #total = 0;
  #lost = 0;

  /** @param limit entries that may wait */
  constructor(target: AuditTarget, limit: number, log: Log) {
    this.#target = target;
    this.#limit = limit;
    this.#log = log;
  }

  get name(): string {
    return this.#target.name;
  }

  /** Entries that were offered. */
  get total(): number {
    return this.#total;
  }

  /** Entries that never arrived, and never will. */
  get lost(): number {
    return this.#lost;
  }

  /** Entries that have not arrived yet. */
  get length(): number {
    return this.#waiting.length - this.#head + this.#delivering;
  }

  /** Takes an entry, or drops it when there is no room. */
  offer(entry: string): void {
    this.#total++;
    if (this.length >= this.#limit || this.#characters + entry.length > MAX_CHARACTERS) {
      this.#lost++;
      return;
    }
    this.#characters += entry.length;
    this.#waiting.push(entry);
    if (this.#workers < this.#target.parallel) {
      this.#workers++;
      // What comes in the same turn of the loop goes out together.
      setImmediate(() => void this.#work());
    }
  }

  /** Delivers what waits, for so many milliseconds; the rest is lost. */
  async close(deadline: number): Promise<void> {
    this.#closing = true;
    for (const wake of this.#wake) wake();
    if (this.#workers > 0) {
      const timer = setTimeout(() => this.#stop.abort(), deadline);
      await new Promise<void>((resolve) => this.#whenIdle = resolve);
      clearTimeout(timer);
    }
    if (this.length > 0) this.#log.error(`${this.length} audit entries did not reach ${this.name}.`);
    this.#lost += this.length;
    this.#waiting = [];
    this.#head = this.#delivering = 0;
    this.#target.close();
  }

  async #work(): Promise<void> {
    for (;;) {
      await this.#gather();
      const batch = this.#take();
      if (batch.length === 0) break;
      await this.#deliver(batch);
      if (this.#stop.signal.aborted) break;
      this.#delivering -= batch.length;
      for (const { length } of batch) this.#characters -= length;
    }
    this.#workers--;
    if (this.#workers === 0) this.#whenIdle?.();
  }

  /** Lets more entries come that go out together, unless there are enough. */
  async #gather(): Promise<void> {
    const { gather, batch } = this.#target;
    if (gather === 0 || this.#closing || this.#waiting.length - this.#head >= batch) return;
    await this.#pause(gather);
  }

  #take(): readonly string[] {
    const batch = this.#waiting.slice(this.#head, this.#head + this.#target.batch);
    this.#head += batch.length;
    this.#delivering += batch.length;
    if (this.#head === this.#waiting.length || this.#head > 1024) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return batch;
  }

  /** Tries until the entries have arrived, cannot arrive, or time is up. */
  async #deliver(batch: readonly string[]): Promise<void> {
    for (let pause = FIRST_PAUSE; !this.#stop.signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        await this.#target.deliver(batch, this.#stop.signal);
        if (this.#failing) this.#log.info(`Audit entries reach ${this.name} again.`);
        this.#failing = false;
        return;
      } catch (thrown) {
        if (thrown instanceof UndeliverableError) {
          this.#lost += batch.length;
          this.#log.error(`an audit entry was refused by ${this.name}`, thrown);
          return;
        }
        if (!this.#failing) this.#log.error(`audit entries do not reach ${this.name}, and wait`, thrown);
        this.#failing = true;
      }
      await this.#pause(pause);
    }
  }

  /** Ends early when the server does. */
  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wake.delete(wake);
        this.#stop.signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, this.#closing ? LAST_PAUSE : milliseconds);
      if (!this.#closing) this.#wake.add(wake);
      this.#stop.signal.addEventListener("abort", wake);
    });
  }
}
