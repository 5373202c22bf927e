import type { Command } from "./command.ts";
import { versionText } from "./version.ts";

/** Help on the executable: what it is and its commands. */
export function overview(commands: readonly Command[]): string {
  return [
    "NAME:",
    "  minio-ts - S3 server whose first concern is encryption.",
    "",
    "USAGE:",
    "  minio-ts COMMAND [FLAGS] [ARGS...]",
    "",
    "COMMANDS:",
    ...table(commands.map((command) => [command.name, command.summary])),
    "",
    "FLAGS:",
    ...table([["--help, -h", "show help"], ["--version, -v", "print the version"]]),
    "",
    "VERSION:",
    `  ${versionText()}`,
    "",
  ].join("\n");
}

/** Help on one command. */
export function commandHelp(command: Command): string {
  return [
    "NAME:",
    `  minio-ts ${command.name} - ${command.summary}`,
    "",
    "USAGE:",
    `  minio-ts ${command.name} ${command.usage}`,
    "",
    "FLAGS:",
    ...table([...command.options, ["--help, -h", "show help"]]),
    "",
  ].join("\n");
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`);
}
