import { expect, test } from "bun:test";
import process from "node:process";
import { send } from "../raw-client.ts";
import { startServer } from "../running-server.ts";
import { checkLedgers } from "./check.ts";
import { Ledger, writeUntilKilled } from "./writer.ts";

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 10);
const WRITERS = 4;
const SSE_S3 = { "x-amz-server-side-encryption": "AES256" };

test(
  `every acknowledged write survives ${ROUNDS} kills of a gateway, encrypted or not, and nothing is torn`,
  async () => {
    const backend = await startServer();
    const start = () =>
      startServer({
        gateway: backend.url,
        env: { MINIO_SSE_MASTER_KEY: `my-key:${"5e".repeat(32)}` },
      });
    let gateway = await start();
    await send(gateway, { method: "PUT", target: "/crash" });
    const ledgers = Array.from({ length: WRITERS }, () => new Ledger());
    let checked = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const running = gateway;
      // Encrypted objects replace plain ones, plain ones encrypted ones.
      const chosen = () => Math.random() < 0.7 ? SSE_S3 : {};
      const writers = ledgers.map((ledger, i) => writeUntilKilled(running, `writer-${i}`, ledger, chosen));
      await Bun.sleep(100 + Math.random() * 700);
      await gateway.kill();
      await Promise.all(writers);
      gateway.remove();
      gateway = await start();
      checked += await checkLedgers(gateway, ledgers, round);
    }
    expect(checked).toBeGreaterThan(ROUNDS * WRITERS);
    for (const server of [gateway, backend]) {
      expect(await server.stop()).toBe(0);
      server.remove();
    }
  },
  600_000,
);
