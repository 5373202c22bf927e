import { numberText, type Sample } from "./exposition.ts";

/** How many of the seen values lie below each of some bounds. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds ascending; infinity need not be named */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] ?? Infinity)) at++;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += value;
  }

  /** Values up to each bound, those of lower bounds included, as Prometheus counts them. */
  buckets(labels: Readonly<Record<string, string>>): Sample[] {
    let total = 0;
    return this.#counts.map((count, at) => {
      total += count;
      return { labels: { ...labels, le: numberText(this.#bounds[at] ?? Infinity) }, value: total };
    });
  }

  /** The samples of a metric of the type `histogram`. */
  samples(labels: Readonly<Record<string, string>> = {}): Sample[] {
    const buckets = this.buckets(labels);
    return [
      ...buckets.map((sample) => ({ ...sample, suffix: "_bucket" })),
      { labels, value: this.#sum, suffix: "_sum" },
      { labels, value: buckets.at(-1)?.value ?? 0, suffix: "_count" },
    ];
  }
}
