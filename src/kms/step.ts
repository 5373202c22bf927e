/** One step of the way to a working KMS, as `kms status` lists it. */
export interface Step {
  /** `log in with AppRole`. */
  readonly name: string;
  /** What went wrong and what to do; absent when the step went well. */
  readonly fault?: string;
}
