import type { Log } from "../log/log.ts";
import type { Exchange, Observer } from "../s3/exchange.ts";
import { auditEntry } from "./entry.ts";
import { AuditQueue } from "./queue.ts";
import type { AuditTarget } from "./target.ts";

/** Tells every target of every request. No request waits for it, or fails with it. */
export class AuditLog implements Observer {
  readonly #deploymentId: string;
  #inFlight = 0;
  #whenQuiet: (() => void) | undefined;
  readonly queues: readonly AuditQueue[];

  constructor(
    targets: readonly { readonly target: AuditTarget; readonly queueSize: number }[],
    deploymentId: string,
    log: Log,
  ) {
    this.#deploymentId = deploymentId;
    this.queues = targets.map(({ target, queueSize }) => new AuditQueue(target, queueSize, log));
  }

  began(): void {
    this.#inFlight++;
  }

  ended(exchange: Exchange): void {
    this.#inFlight--;
    const entry = auditEntry(exchange, this.#deploymentId);
    for (const queue of this.queues) queue.offer(entry);
    if (this.#inFlight === 0) this.#whenQuiet?.();
  }

  /** Waits for the ends of requests that were cut, and delivers what waits: for at most so many milliseconds. */
  async close(deadline: number): Promise<void> {
    const end = performance.now() + deadline;
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline);
        this.#whenQuiet = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await Promise.all(this.queues.map((queue) => queue.close(Math.max(0, end - performance.now()))));
  }
}
