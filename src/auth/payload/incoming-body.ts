import type { IncomingMessage } from "node:http";
import { S3Error } from "../../errors/s3-error.ts";
import { Pace, type PaceLimits } from "../../http/pace.ts";
import type { S3Request } from "../../http/request.ts";

/** What a consumer waits with. */
interface Waiting {
  /** Milliseconds of the process's own clock. */
  readonly since: number;
  resolve(result: IteratorResult<Uint8Array, undefined>): void;
  reject(fault: S3Error): void;
}

/**
 * The raw bytes of a body, pulled. Unlike the message's own iterator it never destroys the connection, over which the
 * reason of a refusal still has to go, and it ends a body whose client falls silent or only drips. Nothing is
 * touched, and no `100 Continue` sent, before the first pull.
 */
export class IncomingBody {
  readonly #request: S3Request;
  readonly #incoming: IncomingMessage;
  readonly #pace: Pace;
  readonly #queue: Uint8Array[] = [];
  #started = false;
  #ended = false;
  #fault: S3Error | undefined;
  #waiting: Waiting | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(request: S3Request, limits: PaceLimits) {
    this.#request = request;
    this.#incoming = request.incoming;
    this.#pace = new Pace(limits);
  }

  /** The next bytes. One call at a time. Rejects with S3Error IncompleteBody, RequestTimeout. */
  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#started) this.#start();
    const chunk = this.#queue.shift();
    if (chunk !== undefined) return Promise.resolve({ done: false, value: chunk });
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiting = { since: performance.now(), resolve, reject };
      this.#idle = setTimeout(() => this.#fail(new S3Error("RequestTimeout")), this.#pace.left);
      if (this.#incoming.isPaused()) this.#incoming.resume();
    });
  }

  /** Lets go of the message. Bytes that still come are nobody's. */
  release(): void {
    clearTimeout(this.#idle);
    this.#incoming.off("data", this.#take);
    this.#incoming.off("end", this.#end);
    this.#incoming.off("close", this.#cut);
  }

  #start(): void {
    this.#started = true;
    const incoming = this.#incoming;
    // The listener stays: an error that nobody listens to ends the process.
    incoming.on("error", this.#cut);
    if (incoming.readableEnded) {
      this.#ended = true;
    } else if (incoming.destroyed) {
      // The client left before anyone looked: neither `end` nor `close` will come again.
      this.#cut();
    } else {
      incoming.on("data", this.#take);
      incoming.on("end", this.#end);
      incoming.on("close", this.#cut);
      this.#request.sendContinue();
    }
  }

  readonly #take = (chunk: Uint8Array): void => {
    this.#request.traffic.received += chunk.length;
    const waiting = this.#stopWaiting();
    this.#pace.moved(chunk.length, waiting === undefined ? 0 : performance.now() - waiting.since);
    if (waiting !== undefined) return waiting.resolve({ done: false, value: chunk });
    this.#queue.push(chunk);
    this.#incoming.pause();
  };

  readonly #end = (): void => {
    this.#ended = true;
    this.release();
    this.#stopWaiting()?.resolve({ done: true, value: undefined });
  };

  readonly #cut = (cause?: unknown): void => {
    if (!this.#ended) this.#fail(new S3Error("IncompleteBody", { cause }));
  };

  #fail(fault: S3Error): void {
    this.#fault ??= fault;
    this.release();
    this.#stopWaiting()?.reject(this.#fault);
  }

  #stopWaiting(): Waiting | undefined {
    clearTimeout(this.#idle);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
