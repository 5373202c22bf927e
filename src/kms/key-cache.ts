import { createHash } from "node:crypto";
import type { Secret } from "../crypto/secret.ts";
import type { Kms } from "./kms.ts";

/** How long and how many opened data keys are kept, in memory alone. */
export interface KeyCacheLimits {
  /** Milliseconds. */
  readonly age: number;
  readonly entries: number;
}

/**
 * A KMS that remembers data keys it has opened, so that objects in use can still be read through a short outage. The
 * price: a key that the KMS would no longer open serves until it is forgotten.
 */
export function cachedKms(
  kms: Kms,
  { age, entries }: KeyCacheLimits,
  now: () => number = () => performance.now(),
): Kms {
  const known = new Map<string, { readonly key: Promise<Secret>; readonly until: number }>();
  return {
    keyId: kms.keyId,
    generateDataKey: (context) => kms.generateDataKey(context),
    openDataKey(keyId, sealed, context) {
      const name = createHash("sha256").update(JSON.stringify([keyId, context])).update(sealed).digest(
        "base64",
      );
      const found = known.get(name);
      if (found !== undefined && found.until > now()) return found.key;
      const key = kms.openDataKey(keyId, sealed, context);
      known.delete(name);
      known.set(name, { key, until: now() + age });
      key.catch(() => known.delete(name));
      for (const oldest of known.keys()) {
        if (known.size <= entries) break;
        known.delete(oldest);
      }
      return key;
    },
    rewrapDataKey: (keyId, sealed, context) => kms.rewrapDataKey(keyId, sealed, context),
    status: () => kms.status(),
    close() {
      known.clear();
      return kms.close();
    },
  };
}
