import { expect, test } from "bun:test";
import type { TokenEvent } from "../../../src/kms/vault/token.ts";
import { DirectConnection } from "./direct-connection.ts";
import { CONTEXT, KEY, kmsOf } from "./double-kms.ts";
import { FakeClock } from "./fake-clock.ts";
import { VaultDouble } from "./vault-double.ts";

const LOGIN = "auth/approle/login";
const RENEW = "auth/token/renew-self";
const SECONDS = 1000;
const DAYS = 24 * 60 * 60 * SECONDS;

/** A KMS over a double without a network, in time that passes when it is told to. */
function scene() {
  const clock = new FakeClock();
  const double = new VaultDouble();
  double.addRing(KEY);
  const connection = new DirectConnection(double, clock);
  const events: TokenEvent[] = [];
  const kms = kmsOf(double, {}, { clock, connection }, (event) => events.push(event));
  return { clock, double, connection, events, kms };
}

test("thirty quiet days are one log-in, and a renewal whenever two thirds of a lease are over", async () => {
  const { clock, double, connection, events, kms } = scene();
  await Promise.all([kms.generateDataKey(CONTEXT), clock.advance(0)]);
  double.calls = [];
  for (let day = 0; day < 30; day++) {
    await clock.advance(1 * DAYS);
    expect(double.count(RENEW)).toBe(Math.floor((day + 1) * DAYS / (200 * SECONDS)));
    expect([double.count(LOGIN), double.validTokens, clock.pending]).toEqual([0, 1, 1]);
  }
  expect([connection.mostLogins, events]).toEqual([1, []]);
  await kms.close();
  expect(clock.pending).toBe(0);
});

/** What may befall Vault, for a while. Each gives the way back. */
type Scene = ReturnType<typeof scene>;
const TROUBLES: readonly ((scene: Scene) => () => void)[] = [
  ({ connection }) => {
    connection.down = true;
    return () => void (connection.down = false);
  },
  ({ double }) => {
    double.state = "sealed";
    return () => void (double.state = "ready");
  },
  ({ double }) => {
    double.state = "standby";
    return () => void (double.state = "ready");
  },
  ({ double }) => {
    const { secretId } = double;
    double.secretId = "another";
    double.revokeAll();
    return () => void (double.secretId = secretId);
  },
  ({ double }) => {
    double.policy = (path) => !path.startsWith("transit/");
    return () => void (double.policy = () => true);
  },
];

test("thirty days of outages leave no gap but theirs, no second log-in and no timer", async () => {
  const all = scene();
  const { clock, double, connection, events, kms } = all;
  const chance = new FakeClock(7);
  const oneIn = (count: number) => chance.random() * count < 1;
  connection.latency = () => chance.random() * 100;
  double.maxTtl = 24 * 60 * 60;
  await Promise.all([kms.generateDataKey(CONTEXT), clock.advance(2 * SECONDS)]);

  let mend: (() => void) | undefined;
  let mendAt = 0;
  let wellSince = 0;
  let outages = 0;
  let revoked = 0;
  // Nobody notices a revoked token before it is used or renewed.
  let unnoticed = false;
  let mostTimers = 0;
  const gaps: number[] = [];
  let served = 0;
  let refused = 0;
  const STEP = 10 * SECONDS;
  for (const end = clock.now() + 30 * DAYS; clock.now() < end;) {
    const now = clock.now();
    if (mend !== undefined && now >= mendAt) {
      mend();
      mend = undefined;
      wellSince = now;
    } else if (mend === undefined && oneIn(360)) {
      mend = TROUBLES[Math.floor(chance.random() * TROUBLES.length)]?.(all);
      mendAt = now + chance.random() * 20 * 60 * SECONDS;
      outages++;
      unnoticed ||= double.validTokens === 0;
    } else if (oneIn(360)) {
      double.revokeAll();
      revoked++;
      unnoticed = true;
    }
    if (oneIn(360)) double.renewable = !double.renewable;

    const requests = Array.from(
      { length: oneIn(12) ? 3 : 0 },
      () => kms.generateDataKey(CONTEXT).then(() => true, () => false),
    );
    await clock.advance(STEP);
    const answers = await Promise.all(requests);
    if (answers.length > 0 || double.validTokens > 0) unnoticed = false;
    // Long enough after an outage for the longest rest of log-in and breaker.
    const isWell = mend === undefined && now - wellSince > 40 * SECONDS;
    const hasToken = double.validTokens > 0 || unnoticed;
    if (isWell && !(hasToken && answers.every(Boolean))) gaps.push(now);
    served += answers.filter(Boolean).length;
    refused += answers.filter((answer) => !answer).length;
    mostTimers = Math.max(mostTimers, clock.pending);
  }

  expect([gaps, mostTimers]).toEqual([[], 1]);
  expect(outages).toBeGreaterThan(200);
  expect(served).toBeGreaterThan(30_000);
  expect(refused).toBeGreaterThan(500);
  expect(connection.mostLogins).toBe(1);
  const told = events.map(({ kind }) => kind);
  expect(told.filter((kind) => kind === "lost").length).toBeGreaterThanOrEqual(
    told.filter((kind) => kind === "regained").length,
  );
  expect(told.length).toBeLessThan(3 * (outages + revoked));
  await kms.close();
  await clock.advance(1 * DAYS);
  expect(clock.pending).toBe(0);
}, 120_000);
