/**
 * A body cut into pieces, each of which is read to its end before the next one begins. Nothing is gathered: the pieces
 * are as large as they are said to be.
 */
export class Pieces {
  readonly #source: AsyncIterator<Uint8Array>;
  #left: Uint8Array = new Uint8Array(0);

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#source = body[Symbol.asyncIterator]();
  }

  /** The next `length` bytes. @throws Error when there are fewer, and whatever the body throws */
  async *next(length: number): AsyncGenerator<Uint8Array> {
    for (let missing = length; missing > 0;) {
      const chunk = await this.#take();
      if (chunk === undefined) throw new Error(`the body ended ${missing} bytes early`);
      const now = chunk.subarray(0, missing);
      this.#left = chunk.subarray(now.length);
      missing -= now.length;
      yield now;
    }
  }

  /** Waits for the end of the body. @throws Error when there is more, and whatever the body throws */
  async end(): Promise<void> {
    if (await this.#take() !== undefined) throw new Error("the body runs past its end");
  }

  /** Lets go of the body. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #take(): Promise<Uint8Array | undefined> {
    const left = this.#left;
    this.#left = new Uint8Array(0);
    if (left.length > 0) return left;
    for (;;) {
      const step = await this.#source.next();
      if (step.done === true) return undefined;
      if (step.value.length > 0) return step.value;
    }
  }
}
