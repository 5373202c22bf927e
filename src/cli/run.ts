import process from "node:process";
import { ConfigError } from "../config/config.ts";
import { type Command, FatalError, type Terminal, UsageError } from "./command.ts";
import { commandHelp, overview } from "./help.ts";
import { server } from "./server.ts";
import { versionText } from "./version.ts";

/** Every command. */
const COMMANDS: readonly Command[] = [server];

/**
 * Runs the command line.
 * @param words what stands after the name of the executable
 * @returns the exit code: 0, or 1 when something is wrong
 */
export async function run(words: readonly string[], terminal: Terminal = ownTerminal()): Promise<number> {
  const [name, ...rest] = words;
  const wantsHelp = (word: string | undefined) => word === "--help" || word === "-h" || word === "help";
  if (name === undefined || wantsHelp(name)) {
    const asked = COMMANDS.find((command) => command.name === rest[0]);
    terminal.print(asked === undefined ? overview(COMMANDS) : commandHelp(asked));
    return 0;
  }
  if (name === "--version" || name === "-v" || name === "version") {
    terminal.print(`${versionText()}\n`);
    return 0;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    terminal.print(`minio-ts: "${name}" is not a command. See "minio-ts --help".\n`);
    return 1;
  }
  if (rest.some(wantsHelp)) {
    terminal.print(commandHelp(command));
    return 0;
  }
  try {
    return await command.run(rest, terminal);
  } catch (thrown) {
    terminal.print(explain(thrown, command, rest, terminal));
    return 1;
  }
}

function explain(thrown: unknown, command: Command, words: readonly string[], terminal: Terminal): string {
  if (thrown instanceof UsageError) {
    return `minio-ts ${command.name}: ${thrown.message}\n\n${commandHelp(command)}`;
  }
  const json = words.includes("--json");
  const message = thrown instanceof ConfigError
    ? `Unable to read the configuration:\n${thrown.faults.map((fault) => `  - ${fault}`).join("\n")}`
    : thrown instanceof FatalError
    ? thrown.message
    : `Unexpected: ${thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown)}`;
  if (json) {
    return `${JSON.stringify({ level: "FATAL", time: new Date().toISOString(), error: { message } })}\n`;
  }
  const label = terminal.interactive ? "\u001b[97;41mERROR\u001b[0m" : "ERROR";
  return `${label} ${message}\n`;
}

function ownTerminal(): Terminal {
  return {
    env: process.env,
    interactive: process.stdout.isTTY === true,
    print: (text) => void process.stdout.write(text),
  };
}
