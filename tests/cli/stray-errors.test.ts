import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { isConnectionLost } from "../../src/cli/stray-errors.ts";
import { installedRuntimes, RUNTIME_COMMANDS } from "../running-server.ts";

const PROGRAM = join(import.meta.dirname, "stray-errors-program.ts");

for (const runtime of installedRuntimes()) {
  const run = (fault: string) => {
    const [command, ...words] = RUNTIME_COMMANDS[runtime];
    return spawnSync(command, [...words, PROGRAM, fault], { encoding: "utf8" });
  };

  test(`on ${runtime} a promise that failed unseen is logged, and the server goes on`, () => {
    const { status, stdout, stderr } = run("rejection");
    expect([status, stdout]).toEqual([0, "went on\n"]);
    expect(stderr).toStartWith("ERROR: a fault was not handled: Error: nobody saw me\n");
  });

  test(`on ${runtime} an error out of an event ends the server with 1 and a message`, () => {
    const { status, stdout, stderr } = run("exception");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toStartWith("ERROR: an unexpected fault ends the server: Error: nobody caught me\n");
  });

  test(`on ${runtime} a connection that went away is no fault`, () => {
    const { status, stdout, stderr } = run("connection");
    expect([status, stdout, stderr]).toEqual([0, "went on\n", ""]);
  });
}

test("only an error with the code of a connection is one of a lost connection", () => {
  const coded = (code: string) => Object.assign(new Error("x"), { code });
  expect(
    [coded("ECONNRESET"), coded("EPIPE"), coded("ENOSPC"), new Error("x"), "ECONNRESET"].map(
      isConnectionLost,
    ),
  )
    .toEqual([true, true, false, false, false]);
});
