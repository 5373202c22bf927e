import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newPlace, type Place, start } from "./program.ts";

let place: Place;
beforeEach(() => {
  place = newPlace();
});
afterEach(() => place.remove());

test("a server tells systemd when it is ready and when it stops, if it is asked to", async () => {
  const told = join(place.home, "told");
  const program = join(place.home, "systemd-notify");
  writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> '${told}'\n`);
  chmodSync(program, 0o755);
  const server = start(place, ["server", "--address", "127.0.0.1:0", "data"], {
    NOTIFY_SOCKET: "/run/test/notify",
    PATH: `${place.home}:${process.env["PATH"] ?? ""}`,
  });
  await server.printed("Auto-encryption: off\n\n");
  await until(() => lines(told).length === 1);
  expect(lines(told)).toEqual(["/run/test/notify READY=1"]);
  server.child.kill("SIGTERM");
  await server.ended;
  await until(() => lines(told).length === 2);
  expect(lines(told)).toEqual(["/run/test/notify READY=1", "/run/test/notify STOPPING=1"]);
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
