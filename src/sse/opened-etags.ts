import type { ObjectName } from "../crypto/kdf.ts";
import type { DigestRest } from "./digest-rest.ts";

/** How many are kept at least before the oldest are forgotten; twice as many at most, which is some megabytes. */
const KEPT = 8_192;

/**
 * ETags that were opened or sealed a short while ago, in memory alone, so that a listing that is read again and again
 * does not open a thousand of them, or ask the KMS for a thousand keys, each time. A sealed ETag is different for every
 * write, so that what is remembered of it is true for ever; only how many there are is bounded.
 */
export class OpenedEtags {
  // Forgotten all at once: a map takes longer and longer to find its oldest entry when that is deleted again and again.
  #recent = new Map<string, string>();
  #before = new Map<string, string>();

  /** @returns `sealed` */
  add(object: ObjectName, sealed: string, etag: string): string {
    this.#keep(nameOf(object, sealed), etag);
    return sealed;
  }

  get(object: ObjectName, sealed: string): string | undefined {
    const name = nameOf(object, sealed);
    const recent = this.#recent.get(name);
    if (recent !== undefined) return recent;
    const etag = this.#before.get(name);
    if (etag !== undefined) this.#keep(name, etag);
    return etag;
  }

  #keep(name: string, etag: string): void {
    if (this.#recent.size === KEPT) {
      this.#before = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(name, etag);
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
