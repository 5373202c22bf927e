import type { ClientRequest, IncomingMessage } from "node:http";
import { giveBack } from "../../../crypto/give-back.ts";
import { type Answer, answerOf } from "./answer.ts";
import { ConnectionFault } from "./connection-fault.ts";
import { Patience } from "./patience.ts";

/** One request, ready for the wire. */
export interface WireRequest {
  readonly method: string;
  /** Name or address to connect to. */
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: AsyncIterable<Uint8Array>;
  /** Whether the pieces can be had only once, so that the backend is asked first whether it wants them. */
  readonly once: boolean;
  /** How long the backend may do nothing, in milliseconds. */
  readonly patience: number;
}

/** How long a backend may take to say that it wants a body, in milliseconds. Some never do. */
const CONTINUE_PATIENCE = 1000;

/** One request on its way, until the head of its answer is there or it has failed: then it is settled. */
export class Exchange {
  readonly #request: WireRequest;
  readonly #outgoing: ClientRequest;
  readonly #answer = Promise.withResolvers<Answer>();
  readonly #patience: Patience;
  #settled = false;
  #bodyBegun = false;
  #bodySent = false;
  /** Wakes the writer, which waits for the backend. */
  #wake: () => void = () => {};

  /** @param outgoing the request as it was opened, nothing of it sent */
  constructor(request: WireRequest, outgoing: ClientRequest) {
    const { patience } = request;
    this.#request = request;
    this.#outgoing = outgoing;
    this.#patience = new Patience(patience, () => this.#break(`the backend did nothing for ${patience} ms`));
    outgoing.on(
      "error",
      (cause) => this.#break(cause instanceof Error ? cause.message : String(cause), cause),
    );
    outgoing.on("close", () => this.#break("the connection was closed without an answer"));
    outgoing.on("response", (incoming) => this.#take(incoming));
    outgoing.on("drain", () => this.#wake());
    this.#write().catch((thrown) => this.#fail(thrown));
  }

  /** Rejects with a ConnectionFault, or whatever the pieces throw. */
  get answer(): Promise<Answer> {
    return this.#answer.promise;
  }

  async #write(): Promise<void> {
    if (this.#request.once) await this.#askFirst();
    if (!this.#settled) await this.#writeBody();
  }

  /** Waits until the backend says that it wants the body, or for a while where it says nothing. */
  async #askFirst(): Promise<void> {
    const wanted = new Promise<void>((resolve) => this.#outgoing.once("continue", resolve));
    this.#outgoing.flushHeaders();
    this.#patience.begin();
    const settled = new Promise<void>((resolve) => this.#wake = resolve);
    await Promise.race([wanted, later(CONTINUE_PATIENCE), settled]);
  }

  async #writeBody(): Promise<void> {
    const { pieces, once } = this.#request;
    const outgoing = this.#outgoing;
    const iterator = pieces[Symbol.asyncIterator]();
    this.#bodyBegun = true;
    try {
      // While the source of the body is waited for, the backend is not: its time begins when it has something to do.
      this.#patience.end();
      for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) {
        if (this.#settled) return;
        const chunk = step.value;
        const more = outgoing.write(chunk, (fault) => once && !fault && giveBack(chunk));
        if (!more) await this.#drained();
        if (this.#settled) return;
      }
      this.#bodySent = true;
      this.#patience.begin();
      outgoing.end();
    } finally {
      await iterator.return?.();
    }
  }

  /** Waits until the backend has taken what was written, or the exchange is settled. */
  async #drained(): Promise<void> {
    this.#patience.begin();
    if (!this.#settled && this.#outgoing.writableNeedDrain) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    this.#patience.end();
  }

  #take(incoming: IncomingMessage): void {
    const { statusCode = 0 } = incoming;
    if (!this.#bodySent && statusCode < 300) this.#break("the backend agreed before it had the whole body");
    if (this.#settled) return void incoming.destroy();
    this.#settle();
    const { method, patience } = this.#request;
    const answer = answerOf(incoming, method, patience);
    // The rest of the body will not be sent, so the connection is of no more use.
    if (!this.#bodySent) incoming.once("end", () => this.#outgoing.destroy());
    this.#answer.resolve(answer);
  }

  #break(message: string, cause?: unknown): void {
    this.#fail(new ConnectionFault(message, this.#bodyBegun, cause));
  }

  #fail(fault: unknown): void {
    if (this.#settled) return;
    this.#settle();
    this.#answer.reject(fault);
    this.#outgoing.destroy();
  }

  #settle(): void {
    this.#settled = true;
    this.#patience.end();
    this.#wake();
  }
}

function later(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}
