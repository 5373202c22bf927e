import { ConfigError } from "../config/config.ts";
import { FatalError } from "./command.ts";

/** Turns anything thrown into a `FatalError`. What nobody expected keeps its stack, for the report of a fault. */
export function toFatalError(thrown: unknown): FatalError {
  if (thrown instanceof FatalError) return thrown;
  if (thrown instanceof ConfigError) {
    return new FatalError("Unable to read the configuration from the environment.", {
      hint: "Correct these settings and start again.",
      details: thrown.faults,
    });
  }
  const details = thrown instanceof Error ? (thrown.stack ?? thrown.message).split("\n") : [String(thrown)];
  return new FatalError("Unexpected fault.", { details, cause: thrown });
}

/** How a fatal error looks to a person: `ERROR` is white on red on a terminal. */
export function fatalText({ message, hint, details }: FatalError, coloured: boolean): string {
  const label = coloured ? "\u001b[97;41mERROR\u001b[0m" : "ERROR";
  return [
    `${label} ${message}`,
    ...(hint === undefined ? [] : [`      > ${hint}`]),
    ...(details.length === 0 ? [] : ["      HELP:", ...details.map((line) => `        ${line}`)]),
    "",
  ].join("\n");
}

/** How it looks with `--json`. */
export function fatalJson({ message, hint, details }: FatalError): string {
  const error = { message, ...(hint === undefined ? {} : { hint }), ...(details.length > 0 && { details }) };
  return `${JSON.stringify({ level: "FATAL", time: new Date().toISOString(), error })}\n`;
}
