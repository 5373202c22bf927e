import process from "node:process";

/** What a command talks to, so that tests can stand in for it. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether standard output is a person's terminal: only there secrets and colours may appear. */
  readonly interactive: boolean;
  print(text: string): void;
}

/** The terminal of this process. */
export function ownTerminal(): Terminal {
  // A reader that goes away must not end the server: without a listener its EPIPE would.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return {
    env: process.env,
    interactive: process.stdout.isTTY === true,
    print: (text) => void process.stdout.write(text),
  };
}
