import { beforeEach, describe, expect, test } from "bun:test";
import { Breaker } from "../../../src/kms/vault/breaker.ts";
import { VaultFault } from "../../../src/kms/vault/fault.ts";
import { FakeClock } from "./fake-clock.ts";

let clock: FakeClock;
let breaker: Breaker;
let calls: number;
let latency: number;
let down: boolean;
beforeEach(() => {
  clock = new FakeClock();
  breaker = new Breaker(clock);
  calls = 0;
  latency = 10;
  down = true;
});

async function work(): Promise<string> {
  calls++;
  await clock.sleep(latency);
  if (down) throw new VaultFault("unreachable", "no way");
  return "done";
}

/** Does so many at once, and says how each went. */
async function together(count: number): Promise<readonly string[]> {
  const all = Array.from({ length: count }, () => breaker.run(work).catch(() => "failed"));
  await clock.advance(20_000);
  return await Promise.all(all);
}

const times = (count: number, result: string) => Array.from({ length: count }, () => result);

describe("a circuit breaker", () => {
  test("makes no more calls for a while after five failures in a row", async () => {
    expect(await together(5)).toEqual(times(5, "failed"));
    expect(breaker.fault?.message).toBe("no way");
    down = true;
    calls = 0;
    // The rest is over by now: one of them tries, and the others hear of it.
    expect(await together(20)).toEqual(times(20, "failed"));
    expect(calls).toBe(1);
  });

  test("lets everyone through who comes when Vault is back", async () => {
    await together(5);
    down = false;
    calls = 0;
    expect(await together(20)).toEqual(times(20, "done"));
    expect(calls).toBe(20);
    expect(breaker.fault).toBeUndefined();
  });

  test("lets nobody wait for long when the one that tries hangs", async () => {
    await together(5);
    latency = 1e9;
    calls = 0;
    const trial = breaker.run(work);
    trial.catch(() => {});
    let failed = 0;
    for (let i = 0; i < 10; i++) breaker.run(work).catch(() => failed++);
    await clock.advance(499);
    expect(failed).toBe(0);
    await clock.advance(1);
    expect([failed, calls]).toEqual([10, 1]);
  });

  test("is not moved by faults that are the caller's own", async () => {
    const refuse = () => Promise.reject(new VaultFault("refused", "no such key"));
    for (let i = 0; i < 10; i++) await breaker.run(refuse).catch(() => undefined);
    expect(breaker.fault).toBeUndefined();
  });

  test("counts only failures in a row", async () => {
    for (let i = 0; i < 10; i++) {
      down = i % 5 !== 4;
      await together(1);
    }
    expect(breaker.fault).toBeUndefined();
  });
});
