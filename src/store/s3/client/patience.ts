/** How long a backend is waited for that has something to do. */
export class Patience {
  readonly #time: number;
  readonly #exhausted: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param time in milliseconds
   * @param exhausted called when the backend was waited for that long
   */
  constructor(time: number, exhausted: () => void) {
    this.#time = time;
    this.#exhausted = exhausted;
  }

  /** Begins to wait; where that was begun before, anew. */
  begin(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#exhausted, this.#time);
  }

  /** Waits no longer. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
