import type { Writable } from "node:stream";
import type { Pace } from "./pace.ts";

/**
 * Resolves when a socket takes more, or is gone. A client that takes nothing for too long, or goes on taking too little,
 * loses its connection.
 * @param bytes what was handed to the socket since it last took more
 */
export function drained(
  outgoing: Pick<Writable, "destroyed" | "writableNeedDrain" | "destroy" | "on" | "off">,
  pace: Pace,
  bytes: number,
): Promise<void> {
  return new Promise((resolve) => {
    if (outgoing.destroyed || !outgoing.writableNeedDrain) return resolve();
    const since = performance.now();
    const idle = setTimeout(() => outgoing.destroy(), pace.left);
    const done = () => {
      clearTimeout(idle);
      outgoing.off("drain", done);
      outgoing.off("close", done);
      pace.moved(bytes, performance.now() - since);
      resolve();
    };
    outgoing.on("drain", done);
    outgoing.on("close", done);
  });
}
