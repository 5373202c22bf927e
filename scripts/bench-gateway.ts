/**
 * Measures `gateway s3` on this machine, beside its backend alone, which is a server of this source.
 *
 *   bun scripts/bench-gateway.ts [--runtime bun|deno|node] [--seconds 5]
 */
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { load, loadWarm, type Shot } from "./bench/load.ts";
import { HASHED, serveProxy } from "./bench/plain-proxy.ts";
import { ENDPOINT_PRINTED, type Measured, PORT_PRINTED, startMeasured } from "./bench/process.ts";
import { heading, line } from "./bench/report.ts";
import { BENCH_PASSWORD, BENCH_USER, Requests } from "./bench/requests.ts";
import { runtimeNamed } from "./bench/runtimes.ts";

const { values } = parseArgs({
  options: {
    runtime: { type: "string", default: "bun" },
    seconds: { type: "string", default: "5" },
    proxy: { type: "string" },
  },
});
const ENCRYPTED = { "x-amz-server-side-encryption": "AES256" };
const MIB = 2 ** 20;

const { command, words: before } = runtimeNamed(values.runtime);
const seconds = Number(values.seconds);
const running: Measured[] = [];

if (values.proxy !== undefined) serveProxy(Number(values.proxy));
else await bench(mkdtempSync(join(tmpdir(), "minio-ts-bench-")));

async function bench(directory: string): Promise<void> {
  try {
    const backend = await start(["server", directory]);
    const url = `http://127.0.0.1:${backend.port}`;
    const requests = new Requests(backend.port);
    await load("create bucket", backend, 1, 0.001, () => requests.put("/bench", Buffer.alloc(0)));
    console.log(heading());
    await measure("backend", backend, {});
    await measureLimit(backend);
    await measure("passed through", await start(["gateway", "s3", url]), {});
    const kms = { MINIO_SSE_MASTER_KEY: `bench:${"5e".repeat(32)}` };
    await measure("encrypted", await start(["gateway", "s3", url], kms), ENCRYPTED);
    const native = { ...kms, MINIO_SSE_CRYPTO: "native" };
    await measure("encrypted, native", await start(["gateway", "s3", url], native), ENCRYPTED);
  } finally {
    for (const server of running) await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Starts a command of the executable on a free port. */
async function start(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Measured> {
  const [name = "", ...rest] = words;
  const address = name === "gateway"
    ? [rest[0] ?? "", "--address", "127.0.0.1:0"]
    : ["--address", "127.0.0.1:0"];
  const server = await startMeasured(
    command,
    [...before, "main.ts", name, ...address, rest.at(-1) ?? ""],
    { MINIO_ROOT_USER: BENCH_USER, MINIO_ROOT_PASSWORD: BENCH_PASSWORD, ...env },
    ENDPOINT_PRINTED,
  );
  running.push(server);
  return server;
}

/** PUT and GET, small and large, with as many keys as connections: writes of one key wait for one another. */
async function measure(
  name: string,
  server: Measured,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const requests = new Requests(server.port);
  const path = `/bench/${name.replaceAll(" ", "-")}`;
  for (const [size, connections] of [[4096, 1], [4096, 16], [64 * MIB, 1]] as const) {
    const label = `${size === 4096 ? "4 KiB" : "64 MiB"}, ${connections} connection${
      connections > 1 ? "s" : ""
    }`;
    const body = randomBytes(size);
    const paths = Array.from({ length: connections }, (_, i) => `${path}-${i}`);
    const puts = paths.map((each) => requests.put(each, body, headers));
    const gets = paths.map((each) => requests.get(each, size));
    for (const [method, shots] of [["PUT", puts], ["GET", gets]] as const) {
      const next = inTurn(shots);
      console.log(line(await loadWarm(`${name}: ${method} ${label}`, server, connections, seconds, next)));
    }
  }
}

/** What a proxy leaves of the backend that only passes bytes on, and one that hashes them as well. */
async function measureLimit(backend: Measured): Promise<void> {
  const proxy = await startMeasured(
    command,
    [...before, "scripts/bench-gateway.ts", "--proxy", String(backend.port)],
    {},
    PORT_PRINTED,
  );
  running.push(proxy);
  // Signed for the backend, which is told the name that it has itself.
  const requests = new Requests(backend.port);
  const body = randomBytes(64 * MIB);
  const shots = { PUT: requests.put("/bench/limit", body), GET: requests.get("/bench/limit", body.length) };
  for (const [name, prefix] of [["plain proxy", ""], ["plain proxy, MD5", HASHED]] as const) {
    for (const method of ["PUT", "GET"] as const) {
      const shot = under(prefix, shots[method]);
      const label = `limit: ${name}: ${method} 64 MiB, 1 connection`;
      console.log(line(await loadWarm(label, proxy, 1, seconds, () => shot)));
    }
  }
}

/** The same request with something before its path, which nobody signs. */
function under(prefix: string, { pieces: [head = Buffer.alloc(0), ...rest], ...shot }: Shot): Shot {
  const moved = Buffer.from(head).toString("latin1").replace(" /", ` ${prefix}/`);
  return { ...shot, pieces: [Buffer.from(moved, "latin1"), ...rest] };
}

/** The requests of a list, again and again. */
function inTurn(shots: readonly Shot[]): (i: number) => Shot {
  return (i) => {
    const shot = shots[i % shots.length];
    if (shot === undefined) throw new Error("there is no such request");
    return shot;
  };
}
