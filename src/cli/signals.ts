import process from "node:process";

/** The signals that end a server, with the names that the farewell gives them. */
const SIGNALS = { SIGTERM: "TERMINATED", SIGINT: "INTERRUPT" } as const;

/** Resolves to the name of the first signal that asks the process to end. The second one ends it at once. */
export function untilSignal(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    for (const [signal, name] of Object.entries(SIGNALS)) {
      process.on(signal, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve(name);
      });
    }
  });
}
