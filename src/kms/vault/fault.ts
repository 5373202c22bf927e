/**
 * What went wrong between us and Vault:
 * - `unreachable`: no connection, or it broke; `timeout`: no answer in time
 * - `tls`: the certificates do not fit
 * - `sealed`: Vault is there but sealed or not initialised; `standby`: not the active node; `busy`: come back later
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
  | "busy"
  | "denied"
  | "login"
  | "refused"
  | "broken";

/** Kinds that may pass by themselves: Vault is out of reach, or not itself. */
const PASSING: ReadonlySet<FaultKind> = new Set([
  ...["unreachable", "timeout", "tls", "sealed", "standby", "busy", "broken"] as const,
]);

/** Passing kinds that another try a moment later may get around. Who waited once for nothing does not wait again. */
const WORTH_ANOTHER_TRY: ReadonlySet<FaultKind> = new Set([
  ...["unreachable", "standby", "busy", "broken"] as const,
]);

/** A call to Vault that failed. The message is for an operator: path, what Vault said, never a secret. */
export class VaultFault extends Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "VaultFault";
    this.kind = kind;
  }

  /** Whether it is Vault that is not there, and not this call that is wrong. */
  get passes(): boolean {
    return PASSING.has(this.kind);
  }

  /** Whether the same call may succeed a moment later. */
  get isWorthAnotherTry(): boolean {
    return WORTH_ANOTHER_TRY.has(this.kind);
  }
}
