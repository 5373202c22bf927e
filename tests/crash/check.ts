import { expect } from "bun:test";
import { send } from "../raw-client.ts";
import type { RunningServer } from "../running-server.ts";
import { type Ledger, md5 } from "./writer.ts";

/**
 * Compares every key with what it may hold: whole, listed when it is there, and one of the contents that the ledgers
 * know of. What is found counts from now on.
 * @returns how many keys there were
 */
export async function checkLedgers(
  server: RunningServer,
  ledgers: readonly Ledger[],
  round: number,
): Promise<number> {
  const listing = await send(server, { method: "GET", target: "/crash?list-type=2&max-keys=1000" });
  const listed = new Set(
    [...listing.body.toString().matchAll(/<Key>([^<]+)</g)].map((match) => match[1] ?? ""),
  );
  let checked = 0;
  for (const ledger of ledgers) {
    for (const [key, allowed] of ledger.expectations()) {
      const { status, body, cut } = await send(server, { method: "GET", target: `/crash/${key}` });
      const found = status === 200 && !cut ? md5(body) : undefined;
      expect({ round, key, status, cut }).toEqual({ round, key, status: found ? 200 : 404, cut: false });
      expect({ round, key, found, allowed: allowed.includes(found) }).toEqual({
        round,
        key,
        found,
        allowed: true,
      });
      expect({ round, key, listed: listed.has(key) }).toEqual({ round, key, listed: found !== undefined });
      ledger.settle(key, found);
      checked++;
    }
  }
  return checked;
}
