import type { ServerResponse } from "node:http";

/** The requests that a server is answering now. */
export class InFlight {
  readonly #answers = new Set<ServerResponse>();
  #whenEmpty: (() => void) | undefined;

  /** Counts a request until its answer has gone out or its connection is lost. */
  enter(outgoing: ServerResponse): void {
    if (this.#whenEmpty !== undefined) endConnectionAfter(outgoing);
    this.#answers.add(outgoing);
    outgoing.once("close", () => {
      this.#answers.delete(outgoing);
      if (this.#answers.size === 0) this.#whenEmpty?.();
    });
  }

  /** Whether part of an answer has already gone out on a connection. */
  hasBegunOn(socket: unknown): boolean {
    for (const outgoing of this.#answers) {
      if (outgoing.req.socket === socket) return outgoing.headersSent;
    }
    return false;
  }

  /** Resolves when the last answer is out. From now on every answer ends its connection. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenEmpty = resolve;
      for (const outgoing of this.#answers) endConnectionAfter(outgoing);
      if (this.#answers.size === 0) resolve();
    });
  }
}

function endConnectionAfter(outgoing: ServerResponse): void {
  if (!outgoing.headersSent) outgoing.setHeader("Connection", "close");
}
