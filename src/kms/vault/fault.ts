/**
 * What went wrong between us and Vault:
 * - `unreachable`: no connection, or it broke; `timeout`: no answer in time
 * - `tls`: the certificates do not fit
 * - `sealed`: Vault is there but sealed or not initialised; `standby`: not the active node
 * - `denied`: token or policy refuse (403); `login`: role id or secret id refuse
 * - `refused`: the request itself is wrong (400, 404), such as a missing key
 * - `broken`: an answer that makes no sense, or an internal error of Vault
 */
export type FaultKind =
  | "unreachable"
  | "timeout"
  | "tls"
  | "sealed"
  | "standby"
  | "denied"
  | "login"
  | "refused"
  | "broken";

/** Kinds that may pass by themselves. */
const PASSING: ReadonlySet<FaultKind> = new Set(["unreachable", "timeout", "sealed", "standby", "broken"]);

/** A call to Vault that failed. The message is for an operator: path, what Vault said, never a secret. */
export class VaultFault extends Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "VaultFault";
    this.kind = kind;
  }

  /** Whether the same call may succeed a moment later. */
  get passes(): boolean {
    return PASSING.has(this.kind);
  }
}
