import { type Command, FatalError, UsageError } from "./command.ts";
import { fatalJson, fatalText, toFatalError } from "./fatal.ts";
import { gateway } from "./gateway.ts";
import { commandHelp, helpCommand, overview } from "./help.ts";
import { importDirectory } from "./import.ts";
import { kms } from "./kms.ts";
import { licenses } from "./licenses.ts";
import { prometheusToken } from "./prometheus-token.ts";
import { rewrap } from "./rewrap.ts";
import { server } from "./server.ts";
import type { Terminal } from "./terminal.ts";
import { verify } from "./verify.ts";
import { version } from "./version.ts";

/** Every command. */
const COMMANDS: readonly Command[] = [
  server,
  gateway,
  kms,
  rewrap,
  verify,
  importDirectory,
  prometheusToken,
  licenses,
  version,
  helpCommand(() => COMMANDS),
];

/**
 * Runs a command line.
 * @param words what stands after the name of the executable
 * @returns the exit code: 0, or 1 when something is wrong
 */
export async function run(words: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || isHelpFlag(name)) {
    terminal.print(overview(COMMANDS));
    return 0;
  }
  if (name === "--version" || name === "-v") return await version.run([], terminal);
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    terminal.print(
      name.startsWith("-")
        ? `"${name}" is not a flag of minio-ts. Flags of a command stand after it. See "minio-ts --help".\n`
        : `"${name}" is not a command of minio-ts. See "minio-ts --help".\n`,
    );
    return 1;
  }
  if (asksForHelp(rest)) {
    terminal.print(commandHelp(command));
    return 0;
  }
  try {
    return await command.run(rest, terminal);
  } catch (thrown) {
    terminal.print(explain(thrown, command, rest.includes("--json"), terminal.interactive));
    return 1;
  }
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words[0] === "help" || (end < 0 ? words : words.slice(0, end)).some(isHelpFlag);
}

function isHelpFlag(word: string): boolean {
  return word === "--help" || word === "-h";
}

function explain(thrown: unknown, command: Command, json: boolean, coloured: boolean): string {
  if (!(thrown instanceof UsageError)) {
    const fatal = toFatalError(thrown);
    return json ? fatalJson(fatal) : fatalText(fatal, coloured);
  }
  const message = `Incorrect usage of "minio-ts ${command.name}": ${thrown.message}`;
  return json ? fatalJson(new FatalError(message)) : `${message}\n\n${commandHelp(command)}`;
}
