/**
 * Measures a server of this source on this machine, and beside it what the machine gives at all.
 *
 *   bun scripts/bench.ts [--runtime bun|deno|node] [--seconds 5] [--keys 1000000] [--only WORD]
 */
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureEncryption } from "./bench/encryption.ts";
import { fill } from "./bench/fill.ts";
import { measureLayouts } from "./bench/layouts.ts";
import { measureLimits } from "./bench/limits.ts";
import { type Figure, load, loadWarm } from "./bench/load.ts";
import { crowdedMemory } from "./bench/memory.ts";
import { servePlain, startPlain } from "./bench/plain-server.ts";
import { ENDPOINT_PRINTED, startMeasured } from "./bench/process.ts";
import { heading, line } from "./bench/report.ts";
import { BENCH_PASSWORD, BENCH_USER, Requests } from "./bench/requests.ts";
import { runtimeNamed } from "./bench/runtimes.ts";
import { measureVault } from "./bench/vault.ts";

const { values } = parseArgs({
  options: {
    runtime: { type: "string", default: "bun" },
    seconds: { type: "string", default: "5" },
    keys: { type: "string", default: "1000000" },
    only: { type: "string", default: "" },
    plain: { type: "string" },
  },
});

if (values.plain !== undefined) servePlain(values.plain);
else await bench();

async function bench(): Promise<void> {
  const { command, words } = runtimeNamed(values.runtime);
  const seconds = Number(values.seconds);
  const directory = mkdtempSync(join(tmpdir(), "minio-ts-bench-"));
  const wanted = (name: string) => name.toLowerCase().includes(values.only.toLowerCase());
  const print = (figure: Figure) => console.log(line(figure));
  try {
    const limits = measureLimits(directory);
    console.log(
      `${values.runtime} on ${cpus().length} x ${
        cpus()[0]?.model ?? "?"
      }, load generator on the same cores, each kind of request warmed up`,
    );
    console.log(
      `machine: one MD5 stream ${limits.md5.toFixed(0)} MB/s, 4 KiB append + fdatasync ${
        limits.fsync.toFixed(0)
      }/s, file write ${limits.write.toFixed(0)} MB/s\n`,
    );
    console.log(heading());
    if (wanted("vault")) await measureVault({ command, words }, directory, seconds);
    if (wanted("layouts")) await measureLayouts({ command, words }, directory, seconds);
    if (wanted("encryption")) await measureEncryption({ command, words }, directory, seconds, limits.md5);
    if (["vault", "layouts", "encryption"].includes(values.only.toLowerCase())) return;

    const plain = await startPlain({ command, words }, directory);
    const bare = new Requests(plain.port);
    const small = randomBytes(4096);
    print(
      await loadWarm(
        "limit: plain HTTP GET 4 KiB, 16 connections",
        plain,
        16,
        seconds,
        () => bare.get("/", 4096),
      ),
    );
    const barePut = bare.put("/", small);
    print(await loadWarm("limit: plain HTTP PUT 4 KiB, 16 connections", plain, 16, seconds, () => barePut));
    const bareBig = bare.get("/big", 2 ** 26);
    print(await loadWarm("limit: plain HTTP GET 64 MiB, 1 connection", plain, 1, seconds, () => bareBig));
    const barePutBig = bare.put("/big", randomBytes(2 ** 26));
    print(
      await loadWarm("limit: plain HTTP PUT 64 MiB, MD5 and file", plain, 1, seconds, () => barePutBig),
    );
    await plain.stop();

    const keys = Number(values.keys);
    const data = join(directory, "data");
    if (wanted("LIST")) await fill(data, [["ten-thousand", 10_000], ["million", keys]]);
    const server = await startMeasured(command, [
      ...words,
      "main.ts",
      "server",
      "--address",
      "127.0.0.1:0",
      data,
    ], {
      MINIO_ROOT_USER: BENCH_USER,
      MINIO_ROOT_PASSWORD: BENCH_PASSWORD,
    }, ENDPOINT_PRINTED);
    const requests = new Requests(server.port);
    await load("create bucket", server, 1, 0.001, () => requests.put("/bench", Buffer.alloc(0)));

    const puts = Array.from({ length: 2000 }, (_, i) => requests.put(`/bench/small/${i}`, small));
    const gets = Array.from({ length: 2000 }, (_, i) => requests.get(`/bench/small/${i}`, 4096));
    const heads = Array.from({ length: 2000 }, (_, i) => requests.head(`/bench/small/${i}`));
    const nth = <T>(list: readonly T[], i: number): T => list[i % list.length] as T;
    for (const connections of [16, 64]) {
      print(
        await loadWarm(
          `PUT 4 KiB, ${connections} connections`,
          server,
          connections,
          seconds,
          (i) => nth(puts, i),
        ),
      );
      print(
        await loadWarm(
          `GET 4 KiB, ${connections} connections`,
          server,
          connections,
          seconds,
          (i) => nth(gets, i),
        ),
      );
    }
    print(await loadWarm("HEAD, 16 connections", server, 16, seconds, (i) => nth(heads, i)));

    const bytes = randomBytes(2 ** 26);
    const big = requests.put("/bench/big", bytes);
    const chunked = requests.putChunked("/bench/chunked", bytes);
    const bigGet = requests.get("/bench/big", 2 ** 26);
    for (const connections of [1, 4]) {
      const at = `64 MiB, ${connections} connection${connections > 1 ? "s" : ""}`;
      print(await loadWarm(`PUT ${at}`, server, connections, seconds, () => big));
      print(await loadWarm(`PUT ${at}, aws-chunked`, server, connections, seconds, () => chunked));
      print(await loadWarm(`GET ${at}`, server, connections, seconds, () => bigGet));
    }
    if (wanted("LIST")) {
      for (const [bucket, count] of [["ten-thousand", 10_000], ["million", keys]] as const) {
        const pages = Array.from({ length: 8 }, (_, i) => {
          const after = `key-${String(Math.floor(count / 9 * i)).padStart(9, "0")}`;
          return requests.get(`/${bucket}?list-type=2&max-keys=1000&start-after=${after}`, 0);
        });
        const name = `LIST 1000 of ${count} keys, 4 connections`;
        print(await loadWarm(name, server, 4, seconds, (i) => nth(pages, i)));
      }
    }
    if (wanted("memory")) {
      const peak = await crowdedMemory(server, requests, 3 * seconds);
      console.log(`\n32 uploads and 32 slow readers of 256 MiB: highest RSS ${peak.toFixed(0)} MB`);
    }
    await server.stop();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
