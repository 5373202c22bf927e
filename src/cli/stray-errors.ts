import process from "node:process";
import type { Log } from "../log/log.ts";

/** A connection that went away is the client's affair, wherever the error of it turns up. */
const CONNECTION_LOST = new Set([
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_STREAM_WRITE_AFTER_END",
  "ERR_STREAM_DESTROYED",
]);

/**
 * Keeps errors that nobody caught from ending the process without a word. A promise that failed unseen is logged, and the
 * server goes on: nothing else depended on it. After an error thrown out of an event nobody knows what state is left, so
 * the process ends with exit code 1; what was acknowledged is on disk.
 */
export function catchStrayErrors(log: Log): void {
  process.on("unhandledRejection", (reason) => {
    if (!isConnectionLost(reason)) log.error("a fault was not handled", reason);
  });
  process.on("uncaughtException", (thrown) => {
    if (isConnectionLost(thrown)) return;
    log.error("an unexpected fault ends the server", thrown);
    process.exit(1);
  });
}

/** Whether an error only says that the other side of a connection went away. */
export function isConnectionLost(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && CONNECTION_LOST.has(String(thrown.code));
}
