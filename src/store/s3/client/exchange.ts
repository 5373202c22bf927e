import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { giveBack } from "../../../crypto/give-back.ts";
import { sendingOnce } from "../../../http/sending-once.ts";
import { AnswerBody } from "./answer-body.ts";

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

/** What came back. */
export interface Answer {
  readonly status: number;
  /** Names in lower case, values in Latin-1. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: AnswerBody;
}

/** The backend cannot be reached, or broke off. */
export class ConnectionFault extends Error {
  override readonly name = "ConnectionFault";
  /** Whether any of the body had been taken from its source. */
  readonly bodyBegun: boolean;

  constructor(message: string, bodyBegun: boolean, cause?: unknown) {
    super(message, { cause });
    this.bodyBegun = bodyBegun;
  }
}

/** Idle connections are closed after this time, in milliseconds: sooner than servers do, so that none is met closing. */
const IDLE_CONNECTION = 4000;
/** How long a backend may take to say that it wants a body, in milliseconds. Some never do. */
const CONTINUE_PATIENCE = 1000;

/** Connections to a backend, kept and shared. */
export class Connections {
  readonly #secure: boolean;
  readonly #agent: HttpAgent;

  /** @param authorities PEM certificates to trust; `undefined` for those of the system */
  constructor(secure: boolean, authorities: readonly string[] | undefined) {
    this.#secure = secure;
    const pool = { keepAlive: true, maxFreeSockets: 64, timeout: IDLE_CONNECTION };
    this.#agent = sendingOnce(
      secure
        ? new HttpsAgent({ ...pool, ...(authorities === undefined ? {} : { ca: [...authorities] }) })
        : new HttpAgent(pool),
    );
  }

  /**
   * Makes a request. The answer may come before the body has been sent; then the rest of it is not.
   * @throws ConnectionFault, and whatever the pieces throw
   */
  exchange(request: WireRequest): Promise<Answer> {
    const send = this.#secure ? httpsRequest : httpRequest;
    const outgoing = send({
      method: request.method,
      host: request.host,
      port: request.port,
      path: request.target,
      headers: { ...request.headers, ...(request.once ? { "Expect": "100-continue" } : {}) },
      agent: this.#agent,
    });
    return new Exchange(request, outgoing).answer;
  }

  close(): void {
    this.#agent.destroy();
  }
}

class Exchange {
  readonly answer: Promise<Answer>;
  readonly #request: WireRequest;
  readonly #outgoing: ClientRequest;
  #resolve: (answer: Answer) => void = () => {};
  #reject: (fault: unknown) => void = () => {};
  #settled = false;
  #bodyBegun = false;
  #bodySent = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Wakes the writer, which waits for the backend to take more. */
  #wake: () => void = () => {};

  constructor(request: WireRequest, outgoing: ClientRequest) {
    this.#request = request;
    this.#outgoing = outgoing;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    outgoing.on(
      "error",
      (cause) => this.#break(cause instanceof Error ? cause.message : String(cause), cause),
    );
    outgoing.on("close", () => this.#break("the connection was closed without an answer"));
    outgoing.on("response", (incoming) => this.#take(incoming));
    outgoing.on("drain", () => this.#wake());
    this.#write().catch((thrown) => this.#fail(thrown));
  }

  async #write(): Promise<void> {
    const { pieces, once } = this.#request;
    const outgoing = this.#outgoing;
    if (once) {
      const wanted = new Promise<void>((resolve) => outgoing.once("continue", resolve));
      outgoing.flushHeaders();
      this.#watch();
      await this.#orSettled(Promise.race([wanted, later(CONTINUE_PATIENCE)]));
    }
    if (this.#settled) return;
    const iterator = pieces[Symbol.asyncIterator]();
    this.#bodyBegun = true;
    try {
      // While the source of the body is waited for, the backend is not: its time begins when it has something to do.
      this.#unwatch();
      for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) {
        if (this.#settled) return;
        const chunk = step.value;
        const more = outgoing.write(chunk, (fault) => once && !fault && giveBack(chunk));
        if (!more) {
          this.#watch();
          await this.#drained();
          this.#unwatch();
        }
        if (this.#settled) return;
      }
      this.#bodySent = true;
      this.#watch();
      outgoing.end();
    } finally {
      await iterator.return?.();
    }
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#settled || !this.#outgoing.writableNeedDrain) return resolve();
      this.#wake = resolve;
    });
  }

  async #orSettled(event: Promise<void>): Promise<void> {
    await Promise.race([event, new Promise<void>((resolve) => this.#wake = resolve)]);
  }

  #take(incoming: IncomingMessage): void {
    const status = incoming.statusCode ?? 0;
    if (!this.#bodySent && status < 300) this.#break("the backend agreed before it had the whole body");
    if (this.#settled) return void incoming.destroy();
    this.#settle();
    const headers = new Map<string, string>();
    for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
      headers.set((incoming.rawHeaders[i] ?? "").toLowerCase(), incoming.rawHeaders[i + 1] ?? "");
    }
    const bodiless = this.#request.method === "HEAD" || status === 204 || status === 304;
    const length = bodiless ? 0 : declaredLength(headers);
    const body = new AnswerBody(incoming, length, this.#request.patience);
    if (!this.#bodySent) {
      // The rest of the body will not be sent, so the connection is of no more use.
      incoming.once("end", () => this.#outgoing.destroy());
    }
    this.#resolve({ status, headers, body });
  }

  #break(message: string, cause?: unknown): void {
    this.#fail(new ConnectionFault(message, this.#bodyBegun, cause));
  }

  #fail(fault: unknown): void {
    if (this.#settled) return;
    this.#settle();
    this.#reject(fault);
    this.#outgoing.destroy();
  }

  #settle(): void {
    this.#settled = true;
    this.#unwatch();
    this.#wake();
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const { patience } = this.#request;
    this.#timer = setTimeout(() => this.#break(`the backend did nothing for ${patience} ms`), patience);
  }

  #unwatch(): void {
    clearTimeout(this.#timer);
  }
}

function declaredLength(headers: ReadonlyMap<string, string>): number | undefined {
  const text = headers.get("content-length");
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function later(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}
