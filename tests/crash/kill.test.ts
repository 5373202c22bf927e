import { expect, test } from "bun:test";
import process from "node:process";
import { send } from "../raw-client.ts";
import { startServer } from "../running-server.ts";
import { checkLedgers } from "./check.ts";
import { Ledger, writeUntilKilled } from "./writer.ts";

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
    checked += await checkLedgers(server, ledgers, round);
  }
  expect(checked).toBeGreaterThan(ROUNDS * WRITERS);
  expect(await server.stop()).toBe(0);
  server.remove();
  home.remove();
}, 600_000);
