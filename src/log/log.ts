import process from "node:process";
import { causeText, clockText, escapeControls, escapeLine } from "./text.ts";

/** A request that failed for a reason that is ours. */
export interface FailedRequest {
  readonly requestId: string;
  /** AWS's name of the operation. */
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
  readonly remoteAddress: string;
  readonly userAgent: string;
  /** The cause, which the client does not see. */
  readonly error: unknown;
}

/** Where the server tells its operator what happens. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string, cause?: unknown): void;
  requestFailed(failure: FailedRequest): void;
}

/** What a log looks like. */
export interface LogOptions {
  /** One JSON object a line instead of text. */
  readonly json: boolean;
  /** Only warnings and errors. */
  readonly quiet: boolean;
  /** Takes each entry, without its last line end; standard error unless given. */
  readonly write?: (entry: string) => void;
}

type Level = "INFO" | "WARNING" | "ERROR";

/** Makes a log. What clients chose, such as keys, cannot forge lines of it or steer a terminal. */
export function createLog({ json, quiet, write = toStandardError }: LogOptions): Log {
  const say = (level: Level, message: string, cause?: unknown) => {
    const reason = cause === undefined ? undefined : causeText(cause);
    if (json) return write(jsonEntry(level, message, reason === undefined ? {} : { cause: reason }));
    const text = reason === undefined ? message : `${message}: ${reason}`;
    write(escapeControls(level === "INFO" ? text : `${level}: ${text}`));
  };
  return {
    info: (message) => quiet ? undefined : say("INFO", message),
    warn: (message) => say("WARNING", message),
    error: (message, cause) => say("ERROR", message, cause),
    requestFailed(failure) {
      if (!json) return write(escapeControls(failureBlock(failure)));
      const { error, ...request } = failure;
      write(jsonEntry("ERROR", "a request failed", { ...request, cause: causeText(error) }));
    },
  };
}

function jsonEntry(level: Level, message: string, fields: Readonly<Record<string, string>>): string {
  return JSON.stringify({ level, time: new Date().toISOString(), message, ...fields });
}

/** The block that MinIO prints for a request that ended in an internal error. */
function failureBlock(failure: FailedRequest): string {
  const { operation, bucket, key, requestId, remoteAddress, userAgent, error } = failure;
  const target = [
    ...(bucket === "" ? [] : [`bucket=${escapeLine(bucket)}`]),
    ...(key === "" ? [] : [`object=${escapeLine(key)}`]),
  ];
  return [
    "",
    `API: ${operation}(${target.join(", ")})`,
    `Time: ${clockText(new Date())}`,
    `RequestID: ${requestId}`,
    `RemoteHost: ${remoteAddress}`,
    `UserAgent: ${escapeLine(userAgent)}`,
    `Error: ${causeText(error)}`,
  ].join("\n");
}

function toStandardError(entry: string): void {
  process.stderr.write(`${entry}\n`);
}
