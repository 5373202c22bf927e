/** One step of the way to a working KMS, as `kms status` lists it. */
export interface Step {
  /** `log in at auth/approle`. */
  readonly name: string;
  /** Absent when the step went well. Nothing after a step with a fault was tried. */
  readonly fault?: StepFault;
}

/** Why a step failed, for an operator; holds no secret. */
export interface StepFault {
  /** What went wrong, in the words of whoever said so. */
  readonly reason: string;
  /** What to do about it. */
  readonly hint: string;
}
