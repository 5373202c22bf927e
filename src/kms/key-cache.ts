import { createHash } from "node:crypto";
import type { Secret } from "../crypto/secret.ts";
import type { Kms, KmsContext } from "./kms.ts";

/** How long and how many opened data keys are kept, in memory alone. */
export interface KeyCacheLimits {
  /** Milliseconds. */
  readonly age: number;
  readonly entries: number;
}

/** The time that a cache lives by. `after` keeps no process alive; its result calls the call off. */
export interface CacheClock {
  now(): number;
  after(delay: number, call: () => void): () => void;
}

interface Opened {
  readonly key: Promise<Secret>;
  readonly until: number;
}

/**
 * A KMS that remembers data keys it has opened, so that objects in use can still be read through a short outage. The
 * price: a key that the KMS would no longer open serves until it is forgotten.
 * @param lookedUp hears of each key that is wanted, and whether it was still known
 */
export function cachedKms(
  kms: Kms,
  { age, entries }: KeyCacheLimits,
  clock: CacheClock,
  lookedUp: (found: boolean) => void = () => {},
): Kms {
  // Insertion order is the order of age, since all of them live equally long.
  const known = new Map<string, Opened>();
  let cancelSweep: (() => void) | undefined;

  /** Forgets what is too old, and comes back when the next one is. */
  function sweep(): void {
    cancelSweep?.();
    cancelSweep = undefined;
    const now = clock.now();
    for (const [name, { until }] of known) {
      if (until > now) {
        cancelSweep = clock.after(until - now, sweep);
        return;
      }
      known.delete(name);
    }
  }

  function remember(name: string, opened: Opened): void {
    known.delete(name);
    known.set(name, opened);
    for (const oldest of known.keys()) {
      if (known.size <= entries) break;
      known.delete(oldest);
    }
    if (cancelSweep === undefined) sweep();
    opened.key.catch(() => {
      if (known.get(name) === opened) known.delete(name);
    });
  }

  return {
    ...passedOn(kms),
    openDataKey(keyId, sealed, context) {
      const name = nameOf(keyId, sealed, context);
      const found = known.get(name);
      const fresh = found !== undefined && found.until > clock.now();
      lookedUp(fresh);
      if (fresh) return found.key;
      const key = kms.openDataKey(keyId, sealed, context);
      remember(name, { key, until: clock.now() + age });
      return key;
    },
    close() {
      cancelSweep?.();
      known.clear();
      return kms.close();
    },
  };
}

function passedOn(kms: Kms): Omit<Kms, "openDataKey" | "close"> {
  return {
    keyId: kms.keyId,
    generateDataKey: (context) => kms.generateDataKey(context),
    rewrapDataKey: (keyId, sealed, context) => kms.rewrapDataKey(keyId, sealed, context),
    check: () => kms.check(),
    status: () => kms.status(),
  };
}

function nameOf(keyId: string, sealed: Uint8Array, context: KmsContext): string {
  return createHash("sha256").update(JSON.stringify([keyId, context])).update(sealed).digest("base64");
}
