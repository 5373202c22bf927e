import process from "node:process";

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
  /** Takes each line; standard error unless given. */
  readonly write?: (line: string) => void;
}

/** Makes a log. */
export function createLog({ json, quiet, write = toStandardError }: LogOptions): Log {
  const say = (level: string, message: string, fields: Readonly<Record<string, unknown>> = {}) => {
    if (json) write(JSON.stringify({ level, time: new Date().toISOString(), message, ...fields }));
    else write(level === "INFO" ? message : `${level}: ${message}`);
  };
  return {
    info: (message) => quiet ? undefined : say("INFO", message),
    warn: (message) => say("WARNING", message),
    error(message, cause) {
      if (cause === undefined) return say("ERROR", message);
      if (json) say("ERROR", message, { cause: causeText(cause) });
      else say("ERROR", `${message}: ${causeText(cause)}`);
    },
    requestFailed(failure) {
      const { error, ...fields } = failure;
      if (json) return say("ERROR", "a request failed", { ...fields, cause: causeText(error) });
      write(failureBlock(failure));
    },
  };
}

/** The block that MinIO prints for an internal error. */
function failureBlock(failure: FailedRequest): string {
  const { operation, bucket, key, requestId, remoteAddress, userAgent, error } = failure;
  const target = [
    ...(bucket === "" ? [] : [`bucket=${bucket}`]),
    ...(key === "" ? [] : [`object=${JSON.stringify(key).slice(1, -1)}`]),
  ];
  return [
    "",
    `API: ${operation}(${target.join(", ")})`,
    `Time: ${new Date().toISOString()}`,
    `RequestID: ${requestId}`,
    `RemoteHost: ${remoteAddress}`,
    `UserAgent: ${JSON.stringify(userAgent).slice(1, -1)}`,
    `Error: ${causeText(error)}`,
  ].join("\n");
}

/** An error with the errors that caused it. */
function causeText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const own = thrown.stack ?? `${thrown.name}: ${thrown.message}`;
  return thrown.cause === undefined ? own : `${own}\ncaused by ${causeText(thrown.cause)}`;
}

function toStandardError(line: string): void {
  process.stderr.write(`${line}\n`);
}
