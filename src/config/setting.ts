/** One setting, as the README lists it. */
export interface Setting {
  /** The environment variable. */
  readonly name: string;
  /** Other names of it. Two names that are set to different values are a fault. */
  readonly aliases?: readonly string[];
  /** Whether its value must never be shown. */
  readonly secret?: boolean;
  /** Whether `NAME_TARGET` sets it for one of several targets. */
  readonly perTarget?: boolean;
  /** Whether `NAME_FILE` may name a file that holds the value. */
  readonly file?: boolean;
  /** Files looked for under /run/secrets although nothing names them; missing is fine. */
  readonly defaultFiles?: readonly string[];
  /** What applies when it is not set, as text for people. */
  readonly fallback: string;
  readonly meaning: string;
}
