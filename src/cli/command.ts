import type { Terminal } from "./terminal.ts";

/** One command of the executable. */
export interface Command {
  readonly name: string;
  /** Its arguments as help shows them. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Flags with what they mean, for its own help. */
  readonly flags: readonly (readonly [flag: string, meaning: string])[];
  /** Command lines to start from, for its own help. */
  readonly examples: readonly string[];
  /** Runs it and returns the exit code. @throws FatalError, UsageError, ConfigError */
  run(words: readonly string[], terminal: Terminal): Promise<number>;
}

/** Words on the command line that make no sense. Answered with the help of the command. */
export class UsageError extends Error {}

/** Something that stops the executable: what is wrong and where, and in the hint what to do about it. */
export class FatalError extends Error {
  /** One sentence. */
  readonly hint: string | undefined;
  /** Lines that go into detail. */
  readonly details: readonly string[];

  constructor(
    message: string,
    options: { readonly hint?: string; readonly details?: readonly string[]; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "FatalError";
    this.hint = options.hint;
    this.details = options.details ?? [];
  }
}
