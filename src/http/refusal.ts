import type { IncomingMessage } from "node:http";
import { waitsForContinue } from "./receive.ts";

/** How long a body that nobody wants may take, in milliseconds. */
const DRAINING = 60_000;

/** Bodies up to this many bytes are read and dropped, so that a refused client keeps its connection. */
const DRAINED_BYTES = 64 * 1024;

/**
 * What to do with the body of a request that is answered without having read it. A short one is dropped; with a
 * long one, or one that the client still holds back, the connection has to end, or its bytes would be taken for
 * the next request.
 * @param patience how long the short one may take to come, in milliseconds
 * @returns headers for the answer
 */
export function disposeOfBody(
  incoming: IncomingMessage,
  patience = DRAINING,
): Readonly<Record<string, string>> {
  if (incoming.complete || incoming.readableEnded) return {};
  const chunked = incoming.headers["transfer-encoding"] !== undefined;
  const length = Number(incoming.headers["content-length"] ?? 0);
  if (!chunked && length === 0) return {};
  if (!chunked && length <= DRAINED_BYTES && !waitsForContinue(incoming)) {
    incoming.on("error", () => {});
    const late = setTimeout(() => incoming.complete || incoming.socket.destroy(), patience);
    late.unref();
    incoming.once("end", () => clearTimeout(late));
    incoming.once("close", () => clearTimeout(late));
    incoming.resume();
    return {};
  }
  return { "Connection": "close" };
}
