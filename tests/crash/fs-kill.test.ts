import { expect, test } from "bun:test";
import process from "node:process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { send } from "../raw-client.ts";
import { startServer } from "../running-server.ts";
import { checkLedgers } from "./check.ts";
import { Ledger, writeUntilKilled } from "./writer.ts";

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 8);
const WRITERS = 3;
const SSE_S3 = { "x-amz-server-side-encryption": "AES256" };

test(
  `in MinIO's layout every acknowledged write survives ${ROUNDS} kills of two servers, and none is parted from its keys`,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "minio-ts-nas-"));
    const env = { MINIO_SSE_MASTER_KEY: `my-key:${"5e".repeat(32)}` };
    const start = () => startServer({ command: ["gateway", "nas"], directory, env });
    const servers = [await start(), await start()];
    await send(servers[0] ?? await start(), { method: "PUT", target: "/crash" });
    const ledgers = servers.map(() => Array.from({ length: WRITERS }, () => new Ledger()));
    let checked = 0;
    for (let round = 0; round < ROUNDS; round++) {
      // Encrypted objects replace plain ones, plain ones encrypted ones.
      const chosen = () => Math.random() < 0.7 ? SSE_S3 : {};
      const writers = servers.flatMap((server, n) =>
        (ledgers[n] ?? []).map((ledger, i) => writeUntilKilled(server, `writer-${n}-${i}`, ledger, chosen))
      );
      await Bun.sleep(100 + Math.random() * 500);
      await Promise.all(servers.map((server) => server.kill()));
      await Promise.all(writers);
      for (const server of servers) server.remove();
      servers.splice(0, 2, await start(), await start());
      // Each server sees what the other one left.
      for (const [n, server] of servers.entries()) {
        checked += await checkLedgers(server, ledgers[1 - n] ?? [], round);
      }
    }
    expect(checked).toBeGreaterThan(ROUNDS * WRITERS);
    for (const server of servers) {
      expect(await server.stop()).toBe(0);
      server.remove();
    }
    rmSync(directory, { recursive: true, force: true });
  },
  600_000,
);
