import type { ObjectName } from "../crypto/kdf.ts";
import type { DigestRest } from "./digest-rest.ts";

/** How many are kept: some megabytes. */
const CAPACITY = 16_384;

/**
 * ETags that were opened or sealed a short while ago, in memory alone, so that a listing that is read again and again
 * does not open a thousand of them, or ask the KMS for a thousand keys, each time. A sealed ETag is different for every
 * write, so that what is remembered of it is true for ever; only how many there are is bounded.
 */
export class OpenedEtags {
  // Insertion order is the order of last use.
  readonly #etags = new Map<string, string>();

  /** @returns `sealed` */
  add(object: ObjectName, sealed: string, etag: string): string {
    const name = nameOf(object, sealed);
    this.#etags.delete(name);
    this.#etags.set(name, etag);
    for (const oldest of this.#etags.keys()) {
      if (this.#etags.size <= CAPACITY) break;
      this.#etags.delete(oldest);
    }
    return sealed;
  }

  get(object: ObjectName, sealed: string): string | undefined {
    const name = nameOf(object, sealed);
    const etag = this.#etags.get(name);
    if (etag !== undefined) this.add(object, sealed, etag);
    return etag;
  }
}

/** The same rest, which opens no ETag twice in a short while. */
export function rememberingEtags(rest: DigestRest): DigestRest {
  const opened = new OpenedEtags();
  return {
    seal(kind, text, object) {
      const sealed = rest.seal(kind, text, object);
      return kind === "etag" ? opened.add(object, sealed, text) : sealed;
    },
    open(kind, sealed, object) {
      if (kind !== "etag") return rest.open(kind, sealed, object);
      const known = opened.get(object, sealed);
      if (known !== undefined) return known;
      const etag = rest.open(kind, sealed, object);
      if (etag !== undefined) opened.add(object, sealed, etag);
      return etag;
    },
    prove: rest.prove,
  };
}

/** A sealed ETag that was moved to another object opens there no more. */
function nameOf({ bucket, key }: ObjectName, sealed: string): string {
  return `${sealed} ${bucket}/${key}`;
}
