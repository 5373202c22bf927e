import type { Digester, Digests } from "./digest.ts";

/** Several digesters, each with names of its own, that take the same bytes at the same time. */
export class SideBySide implements Digester {
  readonly #digesters: readonly Digester[];

  constructor(digesters: readonly Digester[]) {
    this.#digesters = digesters;
  }

  update(chunk: Uint8Array): Promise<void> | undefined {
    const waits = this.#digesters.map((digester) => digester.update(chunk)).filter((wait) =>
      wait !== undefined
    );
    if (waits.length > 0) return Promise.all(waits).then(() => {});
  }

  async finish(): Promise<Digests> {
    const parts = await Promise.all(this.#digesters.map((digester) => digester.finish()));
    return new Map(parts.flatMap((part) => [...part]));
  }

  abandon(): void {
    for (const digester of this.#digesters) digester.abandon();
  }
}
