import type { Writable } from "node:stream";

/**
 * Resolves when a socket takes more, or is gone. A client that takes nothing for `idleLimit` milliseconds loses its
 * connection; one that takes little by little keeps it.
 */
export function drained(
  outgoing: Pick<Writable, "destroyed" | "writableNeedDrain" | "destroy" | "on" | "off">,
  idleLimit: number,
): Promise<void> {
  return new Promise((resolve) => {
    if (outgoing.destroyed || !outgoing.writableNeedDrain) return resolve();
    const idle = setTimeout(() => outgoing.destroy(), idleLimit);
    const done = () => {
      clearTimeout(idle);
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.on("drain", done);
    outgoing.on("close", done);
  });
}
