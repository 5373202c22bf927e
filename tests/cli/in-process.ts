import { run } from "../../src/cli/run.ts";

/** What a command printed, and its exit code. */
export interface Printed {
  readonly code: number;
  readonly out: string;
}

/** Runs a command line in this process. @param interactive whether a person sits at the terminal */
export async function runHere(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  interactive = false,
): Promise<Printed> {
  let out = "";
  const code = await run(words, { env, interactive, print: (text) => void (out += text) });
  return { code, out };
}
