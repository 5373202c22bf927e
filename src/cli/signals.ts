import process from "node:process";

/** The signals that end a server, with the names that the farewell gives them. */
const SIGNALS = { SIGTERM: "TERMINATED", SIGINT: "INTERRUPT" } as const;

/** A launcher may pass on a Ctrl-C that the terminal has sent already: signals this close, in milliseconds, are one. */
const ECHO = 500;

/** Resolves to the name of the first signal that asks the process to end. A later one ends it at once. */
export function untilSignal(): Promise<string> {
  return new Promise((resolve) => {
    let first: number | undefined;
    for (const [signal, name] of Object.entries(SIGNALS)) {
      process.on(signal, () => {
        first ??= performance.now();
        if (performance.now() - first > ECHO) process.exit(1);
        resolve(name);
      });
    }
  });
}
