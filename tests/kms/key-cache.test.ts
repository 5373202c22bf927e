import { beforeEach, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { Secret } from "../../src/crypto/secret.ts";
import { S3Error } from "../../src/errors/s3-error.ts";
import { cachedKms } from "../../src/kms/key-cache.ts";
import type { Kms } from "../../src/kms/kms.ts";
import { masterKeyKms } from "../../src/kms/master-key.ts";
import { FakeClock } from "./vault/fake-clock.ts";

const context = (i: number) => ({ box: `box/${i}` });

let clock: FakeClock;
let opened: number;
let down: boolean;
let inner: Kms;
beforeEach(() => {
  clock = new FakeClock();
  opened = 0;
  down = false;
  const real = masterKeyKms({ keyId: "key", key: new Secret(Buffer.alloc(32, 1)) });
  inner = {
    ...real,
    async openDataKey(...asked) {
      opened++;
      if (down) throw new S3Error("ServiceUnavailable");
      return await real.openDataKey(...asked);
    },
  };
});

const cached = (limits: Partial<{ age: number; entries: number }> = {}) =>
  cachedKms(inner, { age: 60_000, entries: 100, ...limits }, clock);

describe("a cache of opened data keys", () => {
  test("asks for a key once, and gives it through an outage until it is too old", async () => {
    const kms = cached();
    const { plaintext, sealed } = await kms.generateDataKey(context(1));
    const open = async () => Buffer.from((await kms.openDataKey("key", sealed, context(1))).reveal());
    expect(await open()).toEqual(Buffer.from(plaintext.reveal()));
    down = true;
    await clock.advance(59_000);
    expect(await open()).toEqual(Buffer.from(plaintext.reveal()));
    expect(opened).toBe(1);
    await clock.advance(1_000);
    await expect(open()).rejects.toThrow(S3Error);
    down = false;
    expect(await open()).toEqual(Buffer.from(plaintext.reveal()));
  });

  test("shares the question of many who want the same key at once", async () => {
    const kms = cached();
    const { sealed } = await kms.generateDataKey(context(1));
    await Promise.all(Array.from({ length: 20 }, () => kms.openDataKey("key", sealed, context(1))));
    expect(opened).toBe(1);
  });

  test("gives no key for another context, key id or text than it was opened with", async () => {
    const kms = cached();
    const { sealed } = await kms.generateDataKey(context(1));
    await kms.openDataKey("key", sealed, context(1));
    await expect(kms.openDataKey("key", sealed, context(2))).rejects.toThrow(S3Error);
    await expect(kms.openDataKey("other", sealed, context(1))).rejects.toThrow(S3Error);
    const changed = Buffer.from(sealed);
    changed[40] = (changed[40] ?? 0) ^ 1;
    await expect(kms.openDataKey("key", changed, context(1))).rejects.toThrow(S3Error);
    expect(opened).toBe(4);
  });

  test("remembers no failure", async () => {
    const kms = cached();
    const { sealed } = await kms.generateDataKey(context(1));
    down = true;
    await expect(kms.openDataKey("key", sealed, context(1))).rejects.toThrow(S3Error);
    down = false;
    expect((await kms.openDataKey("key", sealed, context(1))).length).toBe(32);
  });

  test("keeps no more keys than it may, those opened last", async () => {
    const kms = cached({ entries: 3 });
    const keys = await Promise.all([0, 1, 2, 3, 4].map((i) => kms.generateDataKey(context(i))));
    const open = (i: number) => kms.openDataKey("key", keys[i]?.sealed ?? Buffer.alloc(0), context(i));
    for (const i of [0, 1, 2, 3, 4]) await open(i);
    opened = 0;
    for (const i of [2, 3, 4]) await open(i);
    expect(opened).toBe(0);
    await open(0);
    expect(opened).toBe(1);
  });

  test("forgets by itself, and all at once when it is closed", async () => {
    const kms = cached();
    const { sealed } = await kms.generateDataKey(context(1));
    await kms.openDataKey("key", sealed, context(1));
    expect(clock.pending).toBe(1);
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
    await kms.openDataKey("key", sealed, context(1));
    await kms.close();
    expect(clock.pending).toBe(0);
  });

  test("hands on everything else", async () => {
    const kms = cached();
    expect(kms.keyId).toBe("key");
    expect(await kms.status()).toEqual({ kind: "master key", keyId: "key", online: true });
    expect((await Array.fromAsync(kms.check())).length).toBe(2);
    const { sealed } = await kms.generateDataKey(context(1));
    expect(await kms.rewrapDataKey("key", sealed, context(1))).toBeUndefined();
  });
});
