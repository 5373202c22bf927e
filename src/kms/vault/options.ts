import type { AppRole } from "./approle.ts";
import type { ConnectionOptions } from "./connection.ts";

/** A Vault and what is ours in it. */
export interface VaultOptions extends ConnectionOptions {
  readonly appRole: AppRole;
  /** Where the transit engine is mounted: `transit`. */
  readonly transitMount: string;
  /** The key ring that new data keys are made under. */
  readonly keyName: string;
}
