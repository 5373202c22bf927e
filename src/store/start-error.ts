/** Why a store in a directory cannot be opened. */
export type StartFault =
  | "missing"
  | "not-a-directory"
  | "not-writable"
  | "not-readable"
  | "unfinished"
  | "disk-full"
  | "locked"
  | "newer-format"
  | "minio-fs-layout"
  | "embedded-layout"
  | "erasure-coded"
  | "older-format"
  | "no-locks"
  | "damaged";

/** Thrown when a store is opened. Its message names the directory, what is wrong with it and what to do. */
export class StartError extends Error {
  readonly fault: StartFault;

  constructor(fault: StartFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "StartError";
    this.fault = fault;
  }
}
