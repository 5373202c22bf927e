import { randomBytes } from "node:crypto";
import { loadWarm } from "./load.ts";
import { startPlain } from "./plain-server.ts";
import { line } from "./report.ts";
import { Requests } from "./requests.ts";
import type { Runtime } from "./runtimes.ts";

/** Bytes of what is sent and taken. */
export const SMALL = 4096;
export const LARGE = 2 ** 26;

/** Microseconds that the cryptography of one request of 4 KiB takes of a server that does little else. */
export interface SmallCosts {
  readonly put: number;
  readonly get: number;
}

/**
 * Measures and prints what is left of `node:http` when bodies go through a provider: large ones with no key to look for,
 * small ones with all that seals and opens their keys.
 */
export async function measureEncryptionLimits(
  provider: string,
  runtime: Runtime,
  directory: string,
  seconds: number,
): Promise<SmallCosts> {
  const plain = await startPlain(runtime, directory);
  const requests = new Requests(plain.port);
  const small = randomBytes(SMALL);
  const put = requests.put(`/${provider}`, randomBytes(LARGE));
  const get = requests.get(`/${provider}`, LARGE);
  const took = [];
  for (
    const [name, connections, shot] of [
      ["PUT 4 KiB, kept in memory", 16, requests.put("/small", small)],
      ["PUT 4 KiB, sealed in memory", 16, requests.put(`/small/${provider}`, small)],
      ["GET 4 KiB of memory", 16, requests.get("/small", SMALL)],
      ["GET 4 KiB of memory, opened", 16, requests.get(`/small/${provider}`, SMALL)],
      ["PUT 64 MiB, MD5, AES and file", 1, put],
      ["GET 64 MiB, AES, 1 connection", 1, get],
      ["GET 64 MiB, AES, 4 connections", 4, get],
    ] as const
  ) {
    const figure = await loadWarm(`limit: plain HTTP ${name}`, plain, connections, seconds, () => shot);
    console.log(line(figure));
    took.push(1e6 / figure.opsPerSecond);
  }
  await plain.stop();
  const [barePut = 0, sealedPut = 0, bareGet = 0, openedGet = 0] = took;
  return { put: sealedPut - barePut, get: openedGet - bareGet };
}
