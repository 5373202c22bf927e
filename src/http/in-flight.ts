import type { IncomingMessage, ServerResponse } from "node:http";

/** Long enough for a slow link, short beside the time that a server has for its end. */
const SILENCE = 3000;

/** The requests that a server is answering now. */
export class InFlight {
  readonly #answers = new Set<ServerResponse>();
  readonly #silence: number;
  #whenEmpty: (() => void) | undefined;

  /** @param silence how long a client may send nothing of its body once the server is to end, in milliseconds */
  constructor(silence = SILENCE) {
    this.#silence = silence;
  }

  /** Counts a request until its answer has gone out or its connection is lost. */
  enter(outgoing: ServerResponse): void {
    if (this.#whenEmpty !== undefined) endConnectionAfter(outgoing);
    this.#answers.add(outgoing);
    outgoing.once("close", () => {
      this.#answers.delete(outgoing);
      if (this.#answers.size === 0) this.#whenEmpty?.();
    });
  }

  /**
   * Ends the connections of clients that leave the end of an answer untaken for `deadline` milliseconds, at the latest
   * when it has passed twice. What an answer is written with has no one to wait for them any more.
   * @returns what stops it
   */
  watch(deadline: number): () => void {
    const timer = setInterval(partWithIdleReaders(this.#answers), deadline);
    timer.unref();
    return () => clearInterval(timer);
  }

  /** Whether part of an answer has already gone out on a connection. */
  hasBegunOn(socket: unknown): boolean {
    for (const outgoing of this.#answers) {
      if (outgoing.req.socket === socket) return outgoing.headersSent;
    }
    return false;
  }

  /**
   * Resolves when the last answer is out. From now on every answer ends its connection, and a client that falls silent
   * in its body loses it: Deno does not always tell that a client behind TLS has left.
   */
  async drained(): Promise<void> {
    const watch = setInterval(partWithTheSilent(this.#answers), this.#silence);
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
      for (const outgoing of this.#answers) endConnectionAfter(outgoing);
      if (this.#answers.size === 0) resolve();
    });
    clearInterval(watch);
  }
}

function endConnectionAfter(outgoing: ServerResponse): void {
  if (!outgoing.headersSent) outgoing.setHeader("Connection", "close");
}

/** A check that ends the connections of answers that were complete at the last check and are still not taken. */
function partWithIdleReaders(answers: ReadonlySet<ServerResponse>): () => void {
  let complete = new WeakSet<ServerResponse>();
  return () => {
    const before = complete;
    complete = new WeakSet();
    for (const outgoing of answers) {
      if (!outgoing.writableEnded) continue;
      if (before.has(outgoing)) outgoing.destroy();
      complete.add(outgoing);
    }
  };
}

/** A check that ends the connections on which nothing has come since the last one although it was waited for. */
function partWithTheSilent(answers: ReadonlySet<ServerResponse>): () => void {
  const watched = new WeakMap<IncomingMessage, { silent: boolean }>();
  return () => {
    for (const { req: incoming } of answers) {
      if (incoming.complete) continue;
      const known = watched.get(incoming);
      // A message that is paused waits for the server, not for its client.
      if (incoming.readableFlowing !== true) {
        if (known !== undefined) known.silent = false;
      } else if (known === undefined) {
        const client = { silent: true };
        watched.set(incoming, client);
        incoming.on("data", () => void (client.silent = false));
      } else if (known.silent) {
        incoming.socket.destroy();
      } else {
        known.silent = true;
      }
    }
  };
}
