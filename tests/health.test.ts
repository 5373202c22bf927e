import { describe, expect, test } from "bun:test";
import { Secret } from "../src/crypto/secret.ts";
import { health, kmsHealth, storeHealth } from "../src/health.ts";
import { masterKeyKms } from "../src/kms/master-key.ts";
import { temporaryStore } from "./s3/temporary-store.ts";

test("a store that answers is ready", async () => {
  expect(await storeHealth({ getBucket: async () => undefined })()).toBe(true);
});

test("a store that fails is not ready", async () => {
  expect(await storeHealth({ getBucket: () => Promise.reject(new Error("gone")) })()).toBe(false);
});

test("a store that does not answer is not ready", async () => {
  expect(await storeHealth({ getBucket: () => new Promise(() => {}) }, 20)()).toBe(false);
});

describe("a server with a KMS is ready", () => {
  const status = (online: boolean) => async () => ({ kind: "vault", keyId: "key", online });
  const needed = (needs: boolean) => async () => needs;

  test.each([
    [true, true, true],
    [true, false, true],
    [false, false, true],
    [false, true, false],
  ])("when it is online (%p) or writes do not need it (needed: %p): %p", async (online, needs, ready) => {
    expect(await kmsHealth({ status: status(online) }, needed(needs))()).toBe(ready);
  });

  test("but not when nobody answers in time what it takes", async () => {
    const never = () => new Promise<never>(() => {});
    expect(await kmsHealth({ status: never }, needed(true), 20)()).toBe(false);
    expect(await kmsHealth({ status: never }, needed(false), 20)()).toBe(true);
    expect(await kmsHealth({ status: never }, never, 20)()).toBe(false);
  });

  test("also when only one bucket among many wants its objects encrypted, or none", async () => {
    const { store, remove } = await temporaryStore();
    for (let i = 0; i < 3; i++) await store.createBucket(`bucket-${i}`);
    const kms = {
      ...masterKeyKms({ keyId: "key", key: new Secret(new Uint8Array(32)) }),
      status: status(false),
    };
    expect(await health(store, kms, false)()).toBe(true);
    expect(await health(store, kms, true)()).toBe(false);
    expect(await health(store, undefined, false)()).toBe(true);
    await store.setBucketDocument("bucket-2", "encryption", "AES256");
    expect(await health(store, kms, false)()).toBe(false);
    await remove();
  });
});
