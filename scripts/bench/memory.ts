import { Buffer } from "node:buffer";
import { setTimeout as sleep } from "node:timers/promises";
import type { Measured } from "./process.ts";
import type { Requests } from "./requests.ts";
import { Wire } from "./wire.ts";

const SIZE = 256 * 1024 * 1024;
const CLIENTS = 32;

/**
 * Keeps 32 uploads of 256 MiB and 32 slow readers of a 256 MiB object going at once, and returns the highest
 * resident size of the server in MB that was seen meanwhile.
 * @param headers those that the uploads carry besides
 */
export async function crowdedMemory(
  server: Measured,
  requests: Requests,
  seconds: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const block = Buffer.alloc(1024 * 1024, 7);
  const body = Buffer.alloc(SIZE, 7);
  const seed = await Wire.open(server.port);
  await seed.send(requests.put("/bench/crowd-source", body, headers).pieces, true);
  seed.close();

  let over = false;
  let peak = 0;
  const uploads = Array.from({ length: CLIENTS }, async (_, i) => {
    const wire = await Wire.open(server.port);
    const head = requests.put(`/bench/crowd-${i}`, body, headers).pieces[0] ?? block;
    const answer = wire.send([head], true).catch(() => undefined);
    for (let sent = 0; sent < SIZE && !over; sent += block.length) await wire.write(block);
    if (!over) await answer;
    wire.close();
  });
  const readers = Array.from({ length: CLIENTS }, async () => {
    const wire = await Wire.open(server.port);
    void wire.send(requests.get("/bench/crowd-source", SIZE).pieces, true).catch(() => undefined);
    while (!over) {
      wire.pause();
      await sleep(150);
      wire.resume();
      await sleep(10);
    }
    wire.close();
  });
  const watch = (async () => {
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      peak = Math.max(peak, server.memory().now);
      await sleep(50);
    }
    over = true;
  })();
  await Promise.all([...uploads, ...readers, watch]);
  return peak;
}
