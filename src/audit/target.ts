/** Where audit entries go. */
export interface AuditTarget {
  /** Its name in metrics and in the log. */
  readonly name: string;
  /** Entries that it takes together. */
  readonly batch: number;
  /** Milliseconds that an entry waits for others to go with. */
  readonly gather: number;
  /** Deliveries that may be under way together. */
  readonly parallel: number;
  /** Delivers entries, each one JSON object. @throws UndeliverableError when trying again is of no use */
  deliver(entries: readonly string[], signal: AbortSignal): Promise<void>;
  close(): void;
}

/** A target that works does not want these entries. */
export class UndeliverableError extends Error {}
