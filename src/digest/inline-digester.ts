import type { Digester, DigestName, Digests } from "./digest.ts";
import { beginHash, type Hash } from "./hashes.ts";

/** Hashes on the calling thread, without a promise until `finish`. */
export class InlineDigester implements Digester {
  readonly #hashes: [DigestName, Hash][];

  constructor(names: readonly DigestName[]) {
    this.#hashes = names.map((name) => [name, beginHash(name)]);
  }

  update(chunk: Uint8Array): undefined {
    for (const [, hash] of this.#hashes) hash.update(chunk);
  }

  /** The digests at once. */
  digests(): Digests {
    return new Map(this.#hashes.map(([name, hash]) => [name, hash.digest()]));
  }

  finish(): Promise<Digests> {
    return Promise.resolve(this.digests());
  }

  abandon(): void {}
}
