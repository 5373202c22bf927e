const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  bun: ["node_modules/.bin/bun"],
  deno: ["node_modules/.bin/deno", "run", "-A"],
  node: ["node_modules/node/bin/node", "--disable-warning=ExperimentalWarning"],
};

/** What starts a program of this source. */
export interface Runtime {
  readonly command: string;
  /** Before the name of the program. */
  readonly words: readonly string[];
}

/** @param name `bun`, `deno` or `node`. @throws Error for another */
export function runtimeNamed(name: string): Runtime {
  const [command, ...words] = RUNTIMES[name] ?? [];
  if (command === undefined) throw new Error(`${name} is none of ${Object.keys(RUNTIMES).join(", ")}`);
  return { command, words };
}
