import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { LARGE, measureEncryptionLimits, SMALL, type SmallCosts } from "./encryption-limits.ts";
import { type Figure, load, loadWarm, type Shot, together } from "./load.ts";
import { crowdedMemory } from "./memory.ts";
import { ENDPOINT_PRINTED, type Measured, startMeasured } from "./process.ts";
import { line } from "./report.ts";
import { BENCH_PASSWORD, BENCH_USER, Requests } from "./requests.ts";
import type { Runtime } from "./runtimes.ts";

/** What a figure is held against, and whether it must not be above or not be below. */
interface Goal {
  readonly what: string;
  readonly value: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Goals of the two providers. */
const GOALS = {
  webcrypto: { put: 0.7, get: 0.6, largeGet: 1500, cpuUp: 2.6, cpuDown: 0.75 },
  native: { put: 0.85, get: 0.8, largeGet: 2000, cpuUp: 2.4, cpuDown: 0.45 },
} as const;

const SSE_S3 = { "x-amz-server-side-encryption": "AES256" };
const HUGE = 2 ** 28;
const RANGE = 2 ** 16;
/** Plain and encrypted take turns, so that what else the machine does falls on both. */
const TURNS = 4;

/**
 * Measures encrypted requests beside plain ones on the same server, for both providers, and prints each figure with
 * its goal.
 * @param md5 MB/s of one MD5 stream on this machine
 */
export async function measureEncryption(
  { command, words }: Runtime,
  directory: string,
  seconds: number,
  md5: number,
): Promise<void> {
  for (const provider of ["webcrypto", "native"] as const) {
    console.log(`\nencryption by ${provider}`);
    const costs = await measureEncryptionLimits(provider, { command, words }, directory, seconds);
    const server = await startMeasured(
      command,
      [...words, "main.ts", "server", "--address", "127.0.0.1:0", join(directory, provider)],
      {
        MINIO_ROOT_USER: BENCH_USER,
        MINIO_ROOT_PASSWORD: BENCH_PASSWORD,
        MINIO_SSE_MASTER_KEY: `bench:${randomBytes(32).toString("hex")}`,
        MINIO_SSE_CRYPTO: provider,
      },
      ENDPOINT_PRINTED,
    );
    await measureProvider(server, seconds, md5, GOALS[provider], costs);
    await server.stop();
  }
}

async function measureProvider(
  server: Measured,
  seconds: number,
  md5: number,
  goals: (typeof GOALS)[keyof typeof GOALS],
  costs: SmallCosts,
): Promise<void> {
  const requests = new Requests(server.port);
  const once = (shot: Shot) => load("", server, 1, 0.001, () => shot);
  await once(requests.put("/bench", Buffer.alloc(0)));
  const kinds = [["plain", {}], ["SSE-S3", SSE_S3]] as const;

  /** The same requests in both kinds, turn and turn about. */
  async function pair(
    name: string,
    connections: number,
    shots: (kind: string, headers: object) => readonly Shot[],
  ) {
    const prepared = kinds.map(([kind, headers]) => ({
      kind,
      list: shots(kind, headers),
      turns: [] as Figure[],
    }));
    for (let turn = 0; turn < TURNS; turn++) {
      const measure = turn === 0 ? loadWarm : load;
      for (const { kind, list, turns } of prepared) {
        const shot = (i: number) => list[i % list.length] as Shot;
        turns.push(await measure(`${name}, ${kind}`, server, connections, seconds / TURNS, shot));
      }
    }
    const [plain, encrypted] = prepared.map(({ turns }) => together(turns));
    if (plain === undefined || encrypted === undefined) throw new Error("two kinds were measured");
    console.log(`${line(plain)}\n${line(encrypted)}`);
    return { encrypted, plain, ratio: encrypted.opsPerSecond / plain.opsPerSecond };
  }

  const small = randomBytes(SMALL);
  const keys = Array.from({ length: 200 }, (_, i) => i);
  const put = await pair(
    "PUT 4 KiB, 16 connections",
    16,
    (kind, headers) => keys.map((i) => requests.put(`/bench/${kind}/${i}`, small, { ...headers })),
  );
  judge({ what: ofPlain(put.plain, costs.put), value: put.ratio, atLeast: goals.put });
  for (const [kind, headers] of kinds) {
    for (const i of keys) await once(requests.put(`/bench/${kind}/${i}`, small, { ...headers }));
  }
  const get = await pair(
    "GET 4 KiB, 16 connections",
    16,
    (kind) => keys.map((i) => requests.get(`/bench/${kind}/${i}`, SMALL)),
  );
  judge({ what: ofPlain(get.plain, costs.get), value: get.ratio, atLeast: goals.get });

  const large = randomBytes(LARGE);
  for (const connections of [1, 4]) {
    const at = `64 MiB, ${connections} connection${connections > 1 ? "s" : ""}`;
    const up = await pair(
      `PUT ${at}`,
      connections,
      (kind, headers) => [requests.put(`/bench/${kind}/large`, large, { ...headers })],
    );
    if (connections === 1) {
      judge({ what: "of one MD5 stream", value: up.encrypted.megabytesPerSecond / md5, atLeast: 0.8 });
    }
    judge({ what: "CPU s/GB", value: up.encrypted.cpuPerGb, atMost: goals.cpuUp });
    const down = await pair(
      `GET ${at}`,
      connections,
      (kind) => [requests.get(`/bench/${kind}/large`, LARGE)],
    );
    if (connections === 4) {
      judge({ what: "MB/s", value: down.encrypted.megabytesPerSecond, atLeast: goals.largeGet });
    }
    judge({ what: "CPU s/GB", value: down.encrypted.cpuPerGb, atMost: goals.cpuDown });
  }

  const huge = randomBytes(HUGE);
  for (const [kind, headers] of kinds) await once(requests.put(`/bench/${kind}/huge`, huge, { ...headers }));
  const range = await pair(
    "GET 64 KiB of 256 MiB, 16 connections",
    16,
    (kind) =>
      Array.from({ length: 500 }, () => {
        const start = Math.floor(Math.random() * (HUGE - RANGE));
        return requests.get(`/bench/${kind}/huge`, RANGE, { range: `bytes=${start}-${start + RANGE - 1}` });
      }),
  );
  judge({ what: "of plain", value: range.ratio, atLeast: 0.6 });
  const peak = await crowdedMemory(server, requests, 3 * seconds, SSE_S3);
  judge({ what: "MB at most resident, 32 uploads and 32 slow readers", value: peak, atMost: 200 });
}

/** @param added microseconds that a request cannot do without when it is encrypted */
function ofPlain({ opsPerSecond }: Figure, added: number): string {
  const most = 1 / (1 + added * opsPerSecond / 1e6);
  return `of plain (${most.toFixed(2)} if plain took but the calls of src/crypto longer)`;
}

function judge({ what, value, atLeast, atMost }: Goal): void {
  const met = (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);
  const goal = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
  const digits = value < 100 ? 2 : 0;
  console.log(`  ${met ? "met   " : "MISSED"}  ${value.toFixed(digits)} ${what}, goal ${goal}`);
}
