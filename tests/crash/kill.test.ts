import { expect, test } from "bun:test";
import process from "node:process";
import { send } from "../raw-client.ts";
import { startServer } from "../running-server.ts";
import { Ledger, md5, writeUntilKilled } from "./writer.ts";

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 25);
const WRITERS = 6;

test(`every acknowledged write survives ${ROUNDS} kills and nothing is torn`, async () => {
  let server = await startServer();
  const { directory } = server;
  const home = server;
  await send(server, { method: "PUT", target: "/crash" });
  const ledgers = Array.from({ length: WRITERS }, () => new Ledger());
  let checked = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const running = server;
    const writers = ledgers.map((ledger, i) => writeUntilKilled(running, `writer-${i}`, ledger));
    await Bun.sleep(50 + Math.random() * 450);
    await server.kill();
    await Promise.all(writers);
    if (server !== home) server.remove();

    server = await startServer({ directory });
    const listing = await send(server, { method: "GET", target: "/crash?list-type=2&max-keys=1000" });
    const listed = new Set(
      [...listing.body.toString().matchAll(/<Key>([^<]+)</g)].map((match) => match[1] ?? ""),
    );
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
  }
  expect(checked).toBeGreaterThan(ROUNDS * WRITERS);
  expect(await server.stop()).toBe(0);
  server.remove();
  home.remove();
}, 600_000);
