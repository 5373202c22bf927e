import type { IncomingMessage } from "node:http";
import { S3Error } from "../../errors/s3-error.ts";
import type { S3Request } from "../../http/request.ts";

/** How long a client may keep silent within its body, in milliseconds. */
export const BODY_IDLE_LIMIT = 120_000;

/**
 * The raw bytes of a body, pulled. Unlike the message's own iterator it never destroys the connection, over which the
 * reason of a refusal still has to go, and it ends a body whose client fell silent.
 */
export class IncomingBody implements AsyncIterator<Uint8Array> {
  readonly #incoming: IncomingMessage;
  readonly #queue: Uint8Array[] = [];
  #ended = false;
  #fault: S3Error | undefined;
  #waiting:
    | { resolve: (result: IteratorResult<Uint8Array>) => void; reject: (cause: S3Error) => void }
    | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  readonly #idleLimit: number;

  constructor(request: S3Request, idleLimit = BODY_IDLE_LIMIT) {
    const { incoming } = request;
    this.#incoming = incoming;
    this.#idleLimit = idleLimit;
    incoming.on("data", this.#take);
    incoming.on("end", this.#end);
    incoming.on("error", this.#cut);
    incoming.on("aborted", this.#cut);
    incoming.on("close", this.#cut);
    request.sendContinue();
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.#queue.shift();
    if (chunk !== undefined) return Promise.resolve({ done: false, value: chunk });
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#idle ??= setTimeout(() => this.#fail(new S3Error("RequestTimeout")), this.#idleLimit);
      if (this.#incoming.isPaused()) this.#incoming.resume();
    });
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.#release();
    return Promise.resolve({ done: true, value: undefined });
  }

  readonly #take = (chunk: Uint8Array): void => {
    this.#stopClock();
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      waiting.resolve({ done: false, value: chunk });
      return;
    }
    this.#queue.push(chunk);
    this.#incoming.pause();
  };

  readonly #end = (): void => {
    this.#ended = true;
    this.#release();
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = undefined;
  };

  readonly #cut = (cause?: unknown): void => {
    if (!this.#ended) this.#fail(new S3Error("IncompleteBody", { cause }));
  };

  #fail(fault: S3Error): void {
    this.#fault ??= fault;
    this.#release();
    this.#waiting?.reject(this.#fault);
    this.#waiting = undefined;
  }

  #stopClock(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
  }

  #release(): void {
    this.#stopClock();
    this.#incoming.off("data", this.#take);
    this.#incoming.off("end", this.#end);
    this.#incoming.off("aborted", this.#cut);
    this.#incoming.off("close", this.#cut);
  }
}
