import { beforeEach, describe, expect, test } from "bun:test";
import type { TokenEvent } from "../../../src/kms/vault/token.ts";
import type { VaultKms } from "../../../src/kms/vault/vault-kms.ts";
import { failure } from "../../s3/failure.ts";
import { DirectConnection } from "./direct-connection.ts";
import { CONTEXT, KEY, kmsOf } from "./double-kms.ts";
import { FakeClock } from "./fake-clock.ts";
import { VaultDouble } from "./vault-double.ts";

const LOGIN = "auth/approle/login";
const RENEW = "auth/token/renew-self";
const SECONDS = 1000;
const MINUTES = 60 * SECONDS;

let clock: FakeClock;
let double: VaultDouble;
let connection: DirectConnection;
let events: TokenEvent[];
let kms: VaultKms;
beforeEach(() => {
  clock = new FakeClock();
  double = new VaultDouble();
  double.addRing(KEY);
  connection = new DirectConnection(double, clock);
  events = [];
  kms = kmsOf(double, {}, { clock, connection }, (event) => events.push(event));
});

/** Does something that may wait for the clock. */
async function inTime<T>(work: Promise<T>, limit = 1 * MINUTES): Promise<T> {
  let over = false;
  const done = work.finally(() => void (over = true));
  done.catch(() => {});
  for (let waited = 0; !over && waited < limit; waited += 10) await clock.advance(10);
  if (!over) throw new Error("it takes too long");
  return await done;
}

const dataKey = () => inTime(kms.generateDataKey(CONTEXT));
const refused = () => inTime(failure(() => kms.generateDataKey(CONTEXT)));
const counts = () => [double.count(LOGIN), double.count(RENEW)];

test("a token is renewed at two thirds of its lease, for as long as there is one", async () => {
  await dataKey();
  await clock.advance(190 * SECONDS);
  expect(counts()).toEqual([1, 0]);
  await clock.advance(15 * SECONDS);
  expect(counts()).toEqual([1, 1]);
  await clock.advance(200 * SECONDS * 100);
  expect(counts()).toEqual([1, 101]);
  expect(clock.pending).toBe(1);
});

test("a token that cannot be renewed is replaced at two thirds of its lease, while the old one still serves", async () => {
  double.renewable = false;
  await dataKey();
  await clock.advance(205 * SECONDS);
  expect(counts()).toEqual([2, 0]);
  expect(double.validTokens).toBe(2);
  await dataKey();
  expect(counts()).toEqual([2, 0]);
});

test("a token near its end for good is replaced, not renewed into shorter and shorter leases", async () => {
  double.maxTtl = 1000;
  await dataKey();
  await clock.advance(100 * MINUTES);
  // Of its 1000 s a token is renewed at 200, 400, 600 and 800 s; at 933 s less than half a lease is left.
  expect(counts()).toEqual([7, 32]);
  expect(events).toEqual([]);
});

test("a lease of 0 seconds means one without end", async () => {
  double.period = 0;
  await dataKey();
  expect(clock.pending).toBe(0);
  await clock.advance(1000 * MINUTES);
  expect(counts()).toEqual([1, 0]);
});

test("a renewal that fails is followed by a log-in at once", async () => {
  await dataKey();
  double.revokeAll();
  await clock.advance(205 * SECONDS);
  expect(counts()).toEqual([2, 1]);
  expect(events).toEqual([]);
});

describe("while nobody can log in", () => {
  test("the old token serves to its end, and tries go on with growing waits", async () => {
    await dataKey();
    double.secretId = "another";
    double.renewable = false;
    double.revokeAll();
    expect((await refused()).code).toBe("ServiceUnavailable");
    const first = double.count(LOGIN);
    await clock.advance(10 * MINUTES);
    const tries = double.count(LOGIN) - first;
    expect(tries).toBeGreaterThan(10 * 2);
    expect(tries).toBeLessThan(10 * 4 + 12);
    expect(clock.pending).toBe(1);
  });

  test("requests between two tries fail at once, with the reason of the last one", async () => {
    await dataKey();
    double.secretId = "another";
    double.revokeAll();
    await refused();
    await clock.advance(5 * MINUTES);
    const tries = double.count(LOGIN);
    const { cause } = await failure(() => kms.generateDataKey(CONTEXT));
    expect(String(cause)).toBe("VaultFault: auth/approle/login: Vault answered 400: invalid secret id");
    expect(double.count(LOGIN)).toBe(tries);
  });

  test("the log hears of it once for each reason, and once that it is over", async () => {
    await dataKey();
    double.secretId = "another";
    double.revokeAll();
    await refused();
    await clock.advance(60 * MINUTES);
    expect(events.map(({ kind }) => kind)).toEqual(["lost"]);
    connection.down = true;
    await clock.advance(60 * MINUTES);
    expect(events.map((event) => event.kind === "lost" ? event.fault.kind : "")).toEqual([
      "login",
      "unreachable",
    ]);
    connection.down = false;
    double.secretId = "secret-id-of-the-double";
    await clock.advance(1 * MINUTES);
    expect(events.map(({ kind }) => kind)).toEqual(["lost", "lost", "regained"]);
    await dataKey();
  });

  test("the very first log-in is told by nobody but its caller", async () => {
    double.secretId = "another";
    await refused();
    await clock.advance(60 * MINUTES);
    expect(events).toEqual([]);
  });
});

test("an outage shorter than the lease goes by unnoticed", async () => {
  await dataKey();
  await clock.advance(199 * SECONDS);
  connection.down = true;
  await clock.advance(60 * SECONDS);
  connection.down = false;
  await clock.advance(60 * SECONDS);
  await dataKey();
  expect(double.validTokens).toBeGreaterThan(0);
});

test("a renewal and a revoked token that a request meets at the same time make one log-in", async () => {
  connection.latency = () => 500;
  await dataKey();
  await clock.advance(199 * SECONDS);
  double.revokeAll();
  const requests = [0, 300, 600, 900].map(async (delay) => {
    await clock.sleep(delay);
    return await kms.generateDataKey(CONTEXT);
  });
  await inTime(Promise.all(requests));
  await clock.advance(10 * SECONDS);
  expect(counts()).toEqual([2, 1]);
  expect(connection.mostLogins).toBe(1);
});

test("a policy that changes is noticed with a new token half a minute later", async () => {
  await dataKey();
  double.policy = () => false;
  await refused();
  expect(double.count(LOGIN)).toBe(2);
  await refused();
  expect(double.count(LOGIN)).toBe(2);
  await clock.advance(31 * SECONDS);
  await refused();
  expect(double.count(LOGIN)).toBe(3);
  double.policy = () => true;
  await dataKey();
  expect(double.count(LOGIN)).toBe(3);
});

test("nothing goes on after it is closed", async () => {
  connection.latency = () => 500;
  await dataKey();
  await kms.close();
  expect(clock.pending).toBe(0);

  const closing = kmsOf(double, {}, { clock, connection });
  const request = closing.generateDataKey(CONTEXT);
  request.catch(() => {});
  await clock.advance(100);
  await closing.close();
  await clock.advance(10 * MINUTES);
  expect(clock.pending).toBe(0);
});
