import { type Command, UsageError } from "./command.ts";
import { VERSION } from "./version.ts";

const HELP_FLAG = ["--help, -h", "show help"] as const;

/** `minio-ts help [COMMAND]`. @param commands every command, asked for when it runs */
export function helpCommand(commands: () => readonly Command[]): Command {
  return {
    name: "help",
    usage: "[COMMAND]",
    summary: "show help on the executable or on one command",
    flags: [],
    examples: ["minio-ts help server"],
    async run([name], terminal) {
      const command = commands().find((candidate) => candidate.name === name);
      if (name !== undefined && command === undefined) throw new UsageError(`"${name}" is not a command.`);
      terminal.print(command === undefined ? overview(commands()) : commandHelp(command));
      return 0;
    },
  };
}

/** Help on the executable: what it is and its commands. */
export function overview(commands: readonly Command[]): string {
  return [
    "NAME:",
    "  minio-ts - S3 server whose first concern is encryption",
    "",
    "USAGE:",
    "  minio-ts COMMAND [FLAGS] [ARGS...]",
    "",
    "COMMANDS:",
    ...table(commands.map((command) => [command.name, command.summary])),
    "",
    "FLAGS:",
    ...table([HELP_FLAG, ["--version, -v", "print the version"]]),
    "",
    "VERSION:",
    `  ${VERSION}`,
    "",
  ].join("\n");
}

/** Help on one command. */
export function commandHelp({ name, summary, usage, flags, examples }: Command): string {
  return [
    "NAME:",
    `  minio-ts ${name} - ${summary}`,
    "",
    "USAGE:",
    `  minio-ts ${name} ${usage}`.trimEnd(),
    "",
    "FLAGS:",
    ...table([...flags, HELP_FLAG]),
    "",
    "EXAMPLES:",
    ...examples.map((line) => `  $ ${line}`),
    "",
  ].join("\n");
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`);
}
