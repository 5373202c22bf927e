import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newPlace, type Place, start } from "./program.ts";

let place: Place;
beforeEach(() => {
  place = newPlace();
});
afterEach(() => place.remove());

/** Starts a server beside a `systemd-notify` that writes down what it is told. */
async function startWatched(env: Readonly<Record<string, string>> = {}) {
  const told = join(place.home, "told");
  const program = join(place.home, "systemd-notify");
  writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> '${told}'\n`);
  chmodSync(program, 0o755);
  const server = start(place, ["server", "--address", "127.0.0.1:0", "data"], {
    NOTIFY_SOCKET: "/run/test/notify",
    PATH: `${place.home}:${process.env["PATH"] ?? ""}`,
    ...env,
  });
  await server.printed("Auto-encryption: off\n\n");
  return { server, told };
}

test("a server tells systemd when it is ready and when it stops, if it is asked to", async () => {
  const { server, told } = await startWatched();
  await until(() => lines(told).length === 1);
  expect(lines(told)).toEqual(["/run/test/notify READY=1"]);
  server.child.kill("SIGTERM");
  await server.ended;
  await until(() => lines(told).length === 2);
  expect(lines(told)).toEqual(["/run/test/notify READY=1", "/run/test/notify STOPPING=1"]);
});

test("a server tells systemd's watchdog again and again that it is alive, until it stops", async () => {
  const { server, told } = await startWatched({ WATCHDOG_USEC: "150000" });
  await until(() => lines(told).filter((line) => line.endsWith(" WATCHDOG=1")).length > 2);
  server.child.kill("SIGTERM");
  expect((await server.ended).code).toBe(0);
});

test("a watchdog that waits for another process is told nothing", async () => {
  const { server, told } = await startWatched({ WATCHDOG_USEC: "3000", WATCHDOG_PID: "1" });
  await until(() => lines(told).length === 1);
  await Bun.sleep(50);
  expect(lines(told)).toEqual(["/run/test/notify READY=1"]);
  server.child.kill("SIGKILL");
  await server.ended;
});

function lines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").trimEnd().split("\n");
  } catch {
    return [];
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(10);
}
