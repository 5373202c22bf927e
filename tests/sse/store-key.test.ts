import { expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { Secret } from "../../src/crypto/secret.ts";
import type { Kms } from "../../src/kms/kms.ts";
import { masterKeyKms } from "../../src/kms/master-key.ts";
import { openStoreKey } from "../../src/sse/store-key.ts";
import { temporaryStore } from "../s3/temporary-store.ts";

const masterKey = (n: number) => ({ keyId: `key ${n}`, key: new Secret(Buffer.alloc(32, n)) });
const hex = (secret: Secret) => Buffer.from(secret.reveal()).toString("hex");

test("the store's key is made once and opens with every start", async () => {
  const { store, remove } = await temporaryStore();
  const kms = masterKeyKms(masterKey(1));
  const key = await openStoreKey(store, kms);
  expect(key.length).toBe(32);
  expect(hex(await openStoreKey(store, kms))).toBe(hex(key));
  expect(await store.getDocument("store-key")).not.toContain(hex(key));
  await remove();
});

test("it opens under a retired key, and is under the current one from then on", async () => {
  const { store, remove } = await temporaryStore();
  const key = hex(await openStoreKey(store, masterKeyKms(masterKey(1))));
  const both = masterKeyKms(masterKey(2), [masterKey(1)]);
  expect(hex(await openStoreKey(store, both))).toBe(key);
  expect(hex(await openStoreKey(store, masterKeyKms(masterKey(2))))).toBe(key);
  await expect(openStoreKey(store, masterKeyKms(masterKey(1)))).rejects.toThrow();
  await remove();
});

test("that it cannot be sealed anew is no reason not to open it", async () => {
  const { store, remove } = await temporaryStore();
  const key = hex(await openStoreKey(store, masterKeyKms(masterKey(1))));
  const refusing: Kms = {
    ...masterKeyKms(masterKey(2), [masterKey(1)]),
    rewrapDataKey: () => Promise.reject(new Error("not today")),
  };
  expect(hex(await openStoreKey(store, refusing))).toBe(key);
  await remove();
});

test("a text that is none, or of another key, does not open", async () => {
  const { store, remove } = await temporaryStore();
  for (const text of ["", " ", "AAAA", "AAAA key", `${Buffer.alloc(64).toString("base64")} key 1`]) {
    await store.setDocument("store-key", text);
    await expect(openStoreKey(store, masterKeyKms(masterKey(1)))).rejects.toThrow();
  }
  await remove();
});
