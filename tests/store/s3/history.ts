/** What a key holds: the name of the write that made it, or nothing. */
export type Value = string | undefined;

/** One operation on a key. Times are those of the history. */
interface Step {
  readonly value: Value;
  readonly begun: number;
  /** `Infinity` as long as nobody was told that it has been done. */
  ended: number;
}

/**
 * What several clients did to one key at the same time, as they saw it: what a reader may find is what some write left
 * that no other write came wholly behind of.
 */
export class History {
  readonly #writes: Step[] = [{ value: undefined, begun: -1, ended: -1 }];
  #clock = 0;

  /** A write begins. Unless the result is called, it may have been done or not, and may still be. */
  begin(value: Value): { readonly done: () => void; readonly refused: () => void } {
    const step: Step = { value, begun: this.#clock++, ended: Infinity };
    this.#writes.push(step);
    return {
      done: () => void (step.ended = this.#clock++),
      refused: () => void this.#writes.splice(this.#writes.indexOf(step), 1),
    };
  }

  /** A read begins. @returns what it may have found, once it has ended */
  read(): () => Value[] {
    const begun = this.#clock++;
    return () => {
      const ended = this.#clock++;
      const past = this.#writes.filter((step) => step.ended < begun);
      return this.#writes
        .filter((step) => step.begun < ended && !past.some((other) => other.begun > step.ended))
        .map(({ value }) => value);
    };
  }
}
