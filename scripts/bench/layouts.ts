import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { load, type Shot } from "./load.ts";
import { ENDPOINT_PRINTED, startMeasured } from "./process.ts";
import { line } from "./report.ts";
import { BENCH_PASSWORD, BENCH_USER, Requests } from "./requests.ts";
import type { Runtime } from "./runtimes.ts";
import { putAll } from "./vault.ts";

const OBJECTS = 2000;

/** What is measured: a name, and the command that serves it. */
const LAYOUTS: readonly (readonly [name: string, command: readonly string[]])[] = [
  ["embedded", ["server"]],
  ["MinIO's layout", ["gateway", "nas"]],
];

/** Measures the storage of our own and MinIO's FS layout, one after the other on the same machine. */
export async function measureLayouts(
  { command, words }: Runtime,
  directory: string,
  seconds: number,
): Promise<void> {
  for (const [name, served] of LAYOUTS) {
    const server = await startMeasured(
      command,
      [...words, "main.ts", ...served, "--address", "127.0.0.1:0", join(directory, served.join("-"))],
      { MINIO_ROOT_USER: BENCH_USER, MINIO_ROOT_PASSWORD: BENCH_PASSWORD },
      ENDPOINT_PRINTED,
    );
    const requests = new Requests(server.port);
    await load("create bucket", server, 1, 0.001, () => requests.put("/bench", Buffer.alloc(0)));
    const small = randomBytes(4096);
    const puts = Array.from({ length: OBJECTS }, (_, i) => requests.put(`/bench/small/${i}`, small));
    const gets = Array.from({ length: OBJECTS }, (_, i) => requests.get(`/bench/small/${i}`, 4096));
    const lists = [requests.get("/bench?list-type=2&max-keys=1000&prefix=small/", 0)];
    const big = randomBytes(2 ** 26);
    await putAll(server, puts);
    const measured: readonly (readonly [what: string, connections: number, shots: readonly Shot[]])[] = [
      ["PUT 4 KiB", 16, puts],
      ["GET 4 KiB", 16, gets],
      ["LIST 1000 of 2000 keys", 4, lists],
      ["PUT 64 MiB", 1, [requests.put("/bench/big", big)]],
      ["GET 64 MiB", 1, [requests.get("/bench/big", big.length)]],
    ];
    for (const [what, connections, shots] of measured) {
      const title = `${name}: ${what}, ${connections} connection${connections > 1 ? "s" : ""}`;
      const figure = await load(title, server, connections, seconds, (i) => {
        const shot = shots[i % shots.length];
        if (shot === undefined) throw new Error("there is no such request");
        return shot;
      });
      console.log(line(figure));
    }
    await server.stop();
  }
}
