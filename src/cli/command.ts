/** What a command talks to, so that tests can stand in for it. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether standard output is a person's terminal: only there secrets and colours may appear. */
  readonly interactive: boolean;
  print(text: string): void;
}

/** One command of the executable. */
export interface Command {
  readonly name: string;
  /** Its arguments as help shows them. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Options with what they mean, for its own help. */
  readonly options: readonly (readonly [option: string, meaning: string])[];
  /** Runs it and returns the exit code. @throws FatalError, UsageError */
  run(words: readonly string[], terminal: Terminal): Promise<number>;
}

/** Something that stops the executable. The message says what is wrong, where, and what to do. */
export class FatalError extends Error {
  readonly json: boolean;

  constructor(message: string, options: { readonly json?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "FatalError";
    this.json = options.json ?? false;
  }
}

/** Words on the command line that make no sense. */
export class UsageError extends Error {}
