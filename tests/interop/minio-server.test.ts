import { describe, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MASTER_KEY } from "../golden/data-sets.ts";
import { type RunningServer, startServer } from "../running-server.ts";
import { crossingClient, readEverything, writeEverything } from "./crossing.ts";
import { MINIO_BIN, startMinio } from "./real-minio.ts";

type Server = Pick<RunningServer, "url" | "certificate"> & { stop(): Promise<unknown> };
/** Starts one of the two programs. */
type Start = (command: readonly string[], target: string, settings?: Settings) => Promise<Server>;
type Settings = { readonly env?: Readonly<Record<string, string>>; readonly trusted?: string };

const KMS = { MINIO_SSE_MASTER_KEY: MASTER_KEY };

const ours: Start = (command, target, { env = {}, trusted } = {}) => {
  const trust = trusted === undefined ? {} : { MINIO_GATEWAY_CAPATH: trusted };
  const what = command[1] === "s3" ? { gateway: target } : { command, directory: target };
  return startServer({ ...what, tls: true, env: { ...KMS, ...trust, ...env } });
};
const theirs: Start = (command, target, { env = {}, trusted } = {}) =>
  startMinio(command, target, { ...KMS, ...env }, trusted);

/** One program writes, the other one reads. */
async function cross(writer: () => Promise<Server>, reader: () => Promise<Server>, smallest: 0 | 1) {
  const from = await writer();
  const written = await using(from, (client) => writeEverything(client, smallest));
  await from.stop();
  const to = await reader();
  await using(to, (client) => readEverything(client, written));
  await to.stop();
}

async function using<T>(server: Server, work: (client: ReturnType<typeof crossingClient>) => Promise<T>) {
  const client = crossingClient(server);
  try {
    return await work(client);
  } catch (error) {
    await server.stop();
    throw error;
  } finally {
    client.destroy();
  }
}

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "minio-ts-crossing-"));
  const directory = join(home, "data");
  mkdirSync(directory);
  try {
    await work(directory);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

if (MINIO_BIN === undefined) {
  console.log(
    "SKIPPED: the tests beside MinIO itself; name an executable of MinIO of 2019 to 2021 in MINIO_BIN",
  );
}

describe.skipIf(MINIO_BIN === undefined)("MinIO itself", () => {
  for (const [name, command] of [["server", ["server"]], ["gateway nas", ["gateway", "nas"]]] as const) {
    test(`opens as \`${name}\` what this program has written into a directory`, () =>
      inDirectory((directory) =>
        cross(() => ours(["gateway", "nas"], directory), () => theirs(command, directory), 0)
      ));
    test(`writes as \`${name}\` what this program opens`, () =>
      inDirectory((directory) =>
        cross(() => theirs(command, directory), () => ours(["gateway", "nas"], directory), 0)
      ));
  }

  for (const [mode, env] of modes()) {
    for (const [whose, start] of [["this program", ours], ["MinIO", theirs]] as const) {
      const gateway = ["gateway", "s3"];
      const between = (writer: Start, reader: Start, smallest: 0 | 1) =>
        inDirectory(async (directory) => {
          const backend = await start(["server"], directory);
          const settings = { env, trusted: backend.certificate };
          try {
            await cross(
              () => writer(gateway, backend.url, settings),
              () => reader(gateway, backend.url, settings),
              smallest,
            );
          } finally {
            await backend.stop();
          }
        });
      test(`opens as a gateway (${mode}) what this program has put before ${whose}`, () =>
        between(ours, theirs, 0));
      // Its gateway does not answer the request that follows an empty one.
      test(`puts as a gateway (${mode}) before ${whose} what this program opens`, () =>
        between(theirs, ours, 1));
    }
  }
});

function modes(): readonly [string, Readonly<Record<string, string>>][] {
  return [
    ["encryption at the gateway", {}],
    ["double encryption, s3", { MINIO_GATEWAY_SSE: "s3" }],
    ["double encryption, c", { MINIO_GATEWAY_SSE: "c" }],
    ["double encryption, s3 and c", { MINIO_GATEWAY_SSE: "s3;c" }],
  ];
}
