import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunningServer, startServer } from "../running-server.ts";
import { newPlace, type Place, run } from "./program.ts";

let place: Place;
beforeEach(() => void (place = newPlace()));
afterEach(() => place.remove());

const withServer = async (
  options: Parameters<typeof startServer>[0],
  use: (server: RunningServer) => Promise<void> | void,
) => {
  const server = await startServer(options);
  try {
    await use(server);
  } finally {
    expect(await server.stop()).toBe(0);
    server.remove();
  }
};

test("the gateway begins a directory in MinIO's layout, which the server then knows", async () => {
  const directory = join(place.home, "nas");
  let format = "";
  await withServer({ command: ["gateway", "nas"], directory }, (server) => {
    expect(server.printed()).toContain(`Storage:         ${directory} (nas gateway, MinIO's FS layout)`);
    format = readFileSync(join(directory, ".minio.sys/format.json"), "utf8");
  });
  await withServer({ directory }, (server) => {
    expect(server.printed()).toContain(`Storage:         ${directory} (MinIO's FS layout)`);
    expect(readFileSync(join(directory, ".minio.sys/format.json"), "utf8")).toBe(format);
  });
});

test("the server takes any other directory for its own storage", async () => {
  const directory = join(place.home, "data");
  mkdirSync(directory);
  await withServer({ directory }, (server) => expect(server.printed()).toContain(`${directory} (embedded)`));
  expect(existsSync(join(directory, ".minio.sys"))).toBe(false);
  const { code, out } = await run(place, ["gateway", "nas", directory]);
  expect(code).toBe(1);
  expect(out).toContain(
    `${directory} holds data of minio-ts in its own layout. Serve it with "server ${directory}"`,
  );
});

test("a directory that is a drive of another kind is refused with what to do", async () => {
  const directory = join(place.home, "drive");
  mkdirSync(join(directory, ".minio.sys"), { recursive: true });
  writeFileSync(join(directory, ".minio.sys/format.json"), '{"version":"1","format":"xl","id":"x"}');
  for (const command of [["server"], ["gateway", "nas"]]) {
    const { code, out } = await run(place, [...command, directory]);
    expect(code).toBe(1);
    expect(out).toContain(`${directory} is one drive of a MinIO in the format "xl"`);
    expect(out).toContain("mc mirror");
  }
});

test("a gateway to nothing, or to something unknown, is explained", async () => {
  for (
    const words of [["gateway"], ["gateway", "tape", "/x"], ["gateway", "nas"], ["gateway", "nas", "a", "b"]]
  ) {
    const { code, out } = await run(place, words);
    expect([words, code]).toEqual([words, 1]);
    expect(out).toContain('Incorrect usage of "minio-ts gateway"');
    expect(out).toContain("minio-ts gateway nas");
  }
});
