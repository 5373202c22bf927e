import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { load, type Shot } from "./load.ts";
import { ENDPOINT_PRINTED, type Measured, startMeasured } from "./process.ts";
import { line } from "./report.ts";
import { BENCH_PASSWORD, BENCH_USER, Requests } from "./requests.ts";
import type { Runtime } from "./runtimes.ts";
import { Wire } from "./wire.ts";

const DOUBLE = "tests/kms/vault/double-process.ts";
const SSE_S3 = { "x-amz-server-side-encryption": "AES256" };
const OBJECTS = 2000;

/**
 * Measures PUT and GET of small SSE-S3 objects with a double of Vault on loopback, and prints beside each how many calls
 * of Vault a request took, and how many of them there were at once. A Vault that takes a while shows whether requests
 * wait for one another: then there could be no more of them than fit into a second one after the other.
 */
export async function measureVault(
  { command, words }: Runtime,
  directory: string,
  seconds: number,
): Promise<void> {
  const double = spawn(command, [...words, DOUBLE], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(double.stdout)[Symbol.asyncIterator]();
  const answer = async () => JSON.parse((await lines.next()).value ?? "null");
  /** The calls so far. @param delay milliseconds that one takes from now on */
  const calls = async (delay: number): Promise<{ calls: number; mostAtOnce: number }> => {
    double.stdin.write(`${delay}\n`);
    return await answer();
  };
  const env = { ...await answer(), MINIO_ROOT_USER: BENCH_USER, MINIO_ROOT_PASSWORD: BENCH_PASSWORD };
  const server = await startMeasured(
    command,
    [...words, "main.ts", "server", "--address", "127.0.0.1:0", join(directory, "vault")],
    env,
    ENDPOINT_PRINTED,
  );
  const requests = new Requests(server.port);
  await load("create bucket", server, 1, 0.001, () => requests.put("/bench", Buffer.alloc(0)));
  const small = randomBytes(4096);
  const puts = Array.from({ length: OBJECTS }, (_, i) => requests.put(`/bench/${i}`, small, SSE_S3));
  const gets = Array.from({ length: OBJECTS }, (_, i) => requests.get(`/bench/${i}`, 4096));
  await putAll(server, puts);
  for (const [method, shots] of [["PUT", puts], ["GET", gets]] as const) {
    for (const [connections, delay] of [[1, 0], [16, 0], [16, 10]] as const) {
      await calls(delay);
      let sent = 0;
      const name = `${method} 4 KiB, Vault of ${delay} ms, ${connections} connection${
        connections > 1 ? "s" : ""
      }`;
      const figure = await load(name, server, connections, seconds, () => {
        const shot = shots[sent++ % OBJECTS];
        if (shot === undefined) throw new Error("there is no such request");
        return shot;
      });
      const told = await calls(0);
      console.log(line(figure));
      console.log(
        `  ${(told.calls / sent).toFixed(3)} calls of Vault a request, at most ${told.mostAtOnce} at once`,
      );
    }
  }
  await server.stop();
  double.stdin.end();
  await new Promise((resolve) => double.once("exit", resolve));
}

/** Every object is to be there before any is read. */
export async function putAll(server: Measured, puts: readonly Shot[]): Promise<void> {
  const wire = await Wire.open(server.port);
  for (const { pieces, withBody } of puts) await wire.send(pieces, withBody);
  wire.close();
}
