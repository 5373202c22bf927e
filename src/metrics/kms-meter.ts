import { S3Error } from "../errors/s3-error.ts";
import type { Kms } from "../kms/kms.ts";
import { Histogram } from "./histogram.ts";

/** Seconds. */
const BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Counts what a KMS is asked for, and how it answers. */
export class KmsMeter {
  succeeded = 0;
  /** Refused by the KMS. */
  refused = 0;
  /** The KMS could not be reached, or was not able to answer. */
  unavailable = 0;
  /** Data keys that were still in memory when they were wanted, where they are kept at all. */
  cacheHits = 0;
  cacheMisses = 0;
  /** Seconds. */
  readonly latency = new Histogram(BOUNDS);

  /** The same KMS, counted. */
  metered(kms: Kms): Kms {
    return {
      keyId: kms.keyId,
      generateDataKey: (context) => this.#count(kms.generateDataKey(context)),
      openDataKey: (keyId, sealed, context) => this.#count(kms.openDataKey(keyId, sealed, context)),
      rewrapDataKey: (keyId, sealed, context) => this.#count(kms.rewrapDataKey(keyId, sealed, context)),
      check: () => kms.check(),
      status: () => kms.status(),
      close: () => kms.close(),
    };
  }

  /** Counts one look into the memory of opened data keys. */
  lookedUp(found: boolean): void {
    if (found) this.cacheHits++;
    else this.cacheMisses++;
  }

  async #count<T>(call: Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      const result = await call;
      this.succeeded++;
      return result;
    } catch (thrown) {
      if (thrown instanceof S3Error && thrown.code !== "ServiceUnavailable") this.refused++;
      else this.unavailable++;
      throw thrown;
    } finally {
      this.latency.observe((performance.now() - began) / 1000);
    }
  }
}
