import { afterEach, beforeEach, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { VaultKms } from "../../../src/kms/vault/vault-kms.ts";
import { failure } from "../../s3/failure.ts";
import { appRoleOf, CONTEXT, KEY, kmsOf } from "./double-kms.ts";
import { type Trouble, VaultDouble } from "./vault-double.ts";

const DATA_KEY = `transit/datakey/plaintext/${KEY}`;
const LOGIN = "auth/approle/login";
/** Milliseconds. */
const PATIENCE = 1000;

let double: VaultDouble;
let kms: VaultKms;
beforeEach(async () => {
  double = await new VaultDouble().listen();
  double.addRing(KEY);
  kms = kmsOf(double, { timeout: PATIENCE });
  await kms.generateDataKey(CONTEXT);
  double.calls = [];
});
afterEach(async () => {
  await kms.close();
  await double.stop();
});

/** What each trouble is told as, and how often the call is made. */
const TROUBLES: readonly (readonly [Trouble, calls: number, said: RegExp])[] = [
  ["500", 3, /Vault answered 500: internal error$/],
  ["busy", 3, /Vault answered 429: request path: rate limit quota exceeded$/],
  ["hang", 1, /did not answer within 1000 ms$/],
  ["drip", 1, /did not answer within 1000 ms$/],
  ["endless", 3, /the answer is too long to be Vault's$/],
  ["truncated", 3, /the answer is not JSON$/],
  ["not-json", 3, /the answer is not JSON$/],
  ["cut", 3, /^http:\/\/127\.0\.0\.1:\d+: /],
  ["reset", 3, /^http:\/\/127\.0\.0\.1:\d+: /],
  ["redirect-circle", 9, /is redirected in a circle$/],
];

test.each(TROUBLES)(
  "%s answers 503 after %d calls, and what follows is served",
  async (trouble, calls, said) => {
    double.trouble = trouble;
    const fault = await failure(() => kms.generateDataKey(CONTEXT));
    expect([fault.code, fault.headers["Retry-After"]]).toEqual(["ServiceUnavailable", "5"]);
    expect(fault.cause).toHaveProperty("message", expect.stringMatching(said));
    expect(double.count(DATA_KEY)).toBe(calls);
    double.trouble = "none";
    const { plaintext, sealed } = await kms.generateDataKey(CONTEXT);
    const opened = await kms.openDataKey(KEY, sealed, CONTEXT);
    expect(Buffer.from(opened.reveal())).toEqual(Buffer.from(plaintext.reveal()));
    expect(double.count(LOGIN)).toBe(0);
  },
);

test.each(["500", "reset", "cut", "busy"] as const)(
  "a single %s is got over without a word",
  async (trouble) => {
    double.trouble = trouble;
    const made = kms.generateDataKey(CONTEXT);
    while (double.count(DATA_KEY) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    double.trouble = "none";
    expect((await made).plaintext.length).toBe(32);
  },
);

test("a redirect to the same host is followed, token and all", async () => {
  double.trouble = "redirect-here";
  expect((await kms.generateDataKey(CONTEXT)).plaintext.length).toBe(32);
  expect(double.count(DATA_KEY)).toBe(2);
});

test("a redirect to anywhere else is not followed, and nothing of ours gets there", async () => {
  const seen: IncomingHttpHeaders[] = [];
  const elsewhere: Server = createServer((incoming, outgoing) => {
    seen.push(incoming.headers);
    outgoing.end("{}");
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  double.elsewhere = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  double.trouble = "redirect-away";
  const fault = await failure(() => kms.generateDataKey(CONTEXT));
  double.revokeAll();
  double.trouble = "none";
  double.troubled = (path) => path === LOGIN;
  double.trouble = "redirect-away";
  await failure(() => kms.generateDataKey(CONTEXT));
  elsewhere.close();
  expect(fault.code).toBe("ServiceUnavailable");
  expect(String(fault.cause)).toContain(`on to ${double.elsewhere}, which is not followed`);
  expect(seen).toEqual([]);
});

test("a standby that does not forward answers 503, and serves when it is active", async () => {
  double.state = "standby";
  const fault = await failure(() => kms.generateDataKey(CONTEXT));
  expect([fault.code, String(fault.cause)]).toEqual([
    "ServiceUnavailable",
    `VaultFault: ${DATA_KEY}: Vault answered 473`,
  ]);
  double.state = "ready";
  await kms.generateDataKey(CONTEXT);
});

test("concurrent requests go side by side, each with one call", async () => {
  const patient = kmsOf(double);
  await patient.generateDataKey(CONTEXT);
  double.calls = [];
  double.delay = 1000;
  const made = await Promise.all(Array.from({ length: 32 }, () => patient.generateDataKey(CONTEXT)));
  await patient.close();
  expect(new Set(made.map(({ sealed }) => Buffer.from(sealed).toString())).size).toBe(32);
  expect(double.calls).toEqual(Array.from({ length: 32 }, () => DATA_KEY));
  expect(double.mostAtOnce).toBe(32);
});

test("many requests at the start share one log-in", async () => {
  const another = kmsOf(double);
  double.delay = 20;
  await Promise.all(Array.from({ length: 20 }, () => another.generateDataKey(CONTEXT)));
  expect([double.count(LOGIN), double.count(DATA_KEY)]).toEqual([1, 20]);
  await another.close();
});

test("many requests whose token was revoked share one log-in", async () => {
  double.delay = 20;
  double.revokeAll();
  await Promise.all(Array.from({ length: 20 }, () => kms.generateDataKey(CONTEXT)));
  expect(double.count(LOGIN)).toBe(1);
});

test("a policy that says no costs one log-in, not one for every request", async () => {
  double.policy = () => false;
  for (let i = 0; i < 10; i++) await failure(() => kms.generateDataKey(CONTEXT));
  expect(double.count(LOGIN)).toBe(1);
  double.policy = () => true;
  await kms.generateDataKey(CONTEXT);
});

test("a Vault that stays away is not asked by every request", async () => {
  double.trouble = "reset";
  for (let i = 0; i < 100; i++) await failure(() => kms.generateDataKey(CONTEXT));
  expect(double.calls.length).toBeLessThan(40);
});

test("a Vault that hangs holds up nobody for longer than a while", async () => {
  double.trouble = "hang";
  for (let i = 0; i < 5; i++) await failure(() => kms.generateDataKey(CONTEXT));
  const calls = double.calls.length;
  for (let i = 0; i < 20; i++) await failure(() => kms.generateDataKey(CONTEXT));
  expect(double.calls.length - calls).toBeLessThan(5);
});

test("the status notices an outage and a recovery by itself", async () => {
  double.trouble = "500";
  await failure(() => kms.generateDataKey(CONTEXT));
  for (let i = 0; i < 4; i++) await failure(() => kms.generateDataKey(CONTEXT));
  const down = await kms.status();
  expect([down.online, down.fault]).toEqual([false, `${DATA_KEY}: Vault answered 500: internal error`]);
  double.trouble = "none";
  while (!(await kms.status()).online) await new Promise((resolve) => setTimeout(resolve, 10));
  await kms.generateDataKey(CONTEXT);
});

test("the namespace goes with every call but that for the health, which belongs to no namespace", async () => {
  double.namespace = "team/one";
  const namespaced = kmsOf(double, { namespace: "team/one" });
  const seen = new Map<string, unknown>();
  for await (const { name, fault } of namespaced.check()) {
    expect(fault).toBeUndefined();
    seen.set(name.split(" ")[0] ?? "", double.lastHeaders["x-vault-namespace"]);
  }
  expect(Object.fromEntries(seen)).toEqual({
    reach: undefined,
    find: undefined,
    log: "team/one",
    make: "team/one",
    open: "team/one",
  });
  await namespaced.close();
});

test("engines may be mounted anywhere, and Vault behind a path", async () => {
  const mounted = await new VaultDouble({ approle: "team/roles", transit: "team/transit" }).listen();
  mounted.addRing(KEY);
  const elsewhere = kmsOf(mounted, {
    transitMount: "team/transit",
    appRole: appRoleOf(mounted, "team/roles"),
  });
  const { sealed } = await elsewhere.generateDataKey(CONTEXT);
  await elsewhere.openDataKey(KEY, sealed, CONTEXT);
  expect(mounted.calls).toEqual([
    "auth/team/roles/login",
    `team/transit/datakey/plaintext/${KEY}`,
    `team/transit/decrypt/${KEY}`,
  ]);
  await elsewhere.close();
  await mounted.stop();
});

test("something in front of Vault may keep its health from us", async () => {
  double.trouble = "forbidden";
  double.troubled = (path) => path === "sys/health";
  const faults = [];
  for await (const { fault } of kms.check()) faults.push(fault);
  expect(faults).toEqual([undefined, undefined, undefined, undefined, undefined]);
});
