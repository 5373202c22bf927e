import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { foreign } from "./foreign.ts";

/** What a consumer waits with. */
interface Waiting {
  resolve(result: IteratorResult<Uint8Array, undefined>): void;
  reject(fault: Error): void;
}

/** An answer that ended early, fell silent or was longer than it said. */
export class BrokenAnswer extends Error {
  override readonly name = "BrokenAnswer";
}

/**
 * The bytes of an answer, pulled: the backend is read no faster than somebody takes. Whoever does not read it to its end
 * must `cancel` it, or the connection is never used again.
 */
export class AnswerBody {
  readonly #incoming: IncomingMessage;
  readonly #patience: number;
  readonly #queue: Uint8Array[] = [];
  #left: number | undefined;
  #ended = false;
  #fault: Error | undefined;
  #waiting: Waiting | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param length bytes that there must be; `undefined` when the answer does not say
   * @param patience longest silence of the backend while somebody waits, in milliseconds
   */
  constructor(incoming: IncomingMessage, length: number | undefined, patience: number) {
    this.#incoming = incoming;
    this.#left = length;
    this.#patience = patience;
    // The listener stays: an error that nobody listens to ends the process.
    incoming.on("error", (cause) => this.#fail("the connection broke within the answer", cause));
    incoming.on("aborted", () => this.#fail("the connection broke within the answer"));
    incoming.on("close", () => this.#fail("the connection was closed within the answer"));
    incoming.on("data", this.#take);
    incoming.on("end", this.#end);
    incoming.pause();
  }

  /** The next bytes. One call at a time. @throws BrokenAnswer */
  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const chunk = this.#queue.shift();
    if (chunk !== undefined) return Promise.resolve({ done: false, value: chunk });
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#timer = setTimeout(() => this.#fail("the backend fell silent within its answer"), this.#patience);
      this.#incoming.resume();
    });
  }

  /**
   * All of it at once, within ten times the patience that one silence is met with.
   * @param most bytes that are allowed
   * @throws BrokenAnswer; S3Error InternalError for a longer one
   */
  async whole(most: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const end = Date.now() + 10 * this.#patience;
    for (let step = await this.next(); step.done !== true; step = await this.next()) {
      if (Date.now() > end) this.#fail("the backend takes too long for its answer");
      length += step.value.length;
      if (length > most) {
        this.cancel();
        throw foreign(`more than ${most} bytes where less was asked for`);
      }
      chunks.push(step.value);
    }
    const [first] = chunks;
    return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
  }

  /** Lets go of what has not been read; harmless at the end. */
  cancel(): void {
    if (this.#ended) return;
    // Where every byte is here, only the end itself has not been noticed yet, and the connection is as good as new.
    if (this.#left === 0) return void this.#incoming.resume();
    this.#fail("the answer was given up");
  }

  readonly #take = (chunk: Uint8Array): void => {
    if (this.#left !== undefined) {
      this.#left -= chunk.length;
      if (this.#left < 0) return this.#fail("the answer is longer than it said");
    }
    const waiting = this.#stopWaiting();
    if (waiting !== undefined) waiting.resolve({ done: false, value: chunk });
    else this.#queue.push(chunk);
    this.#incoming.pause();
  };

  readonly #end = (): void => {
    if (this.#left !== undefined && this.#left > 0) {
      return this.#fail(`the answer ended ${this.#left} bytes early`);
    }
    if (this.#fault !== undefined) return;
    this.#ended = true;
    this.#stopWaiting()?.resolve({ done: true, value: undefined });
  };

  #fail(what: string, cause?: unknown): void {
    if (this.#ended) return;
    this.#fault ??= new BrokenAnswer(what, { cause });
    this.#stopWaiting()?.reject(this.#fault);
    this.#incoming.destroy();
  }

  #stopWaiting(): Waiting | undefined {
    clearTimeout(this.#timer);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
