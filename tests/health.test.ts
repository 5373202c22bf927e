import { expect, test } from "bun:test";
import { storeHealth } from "../src/health.ts";

test("a store that answers is ready", async () => {
  expect(await storeHealth({ getBucket: async () => undefined })()).toBe(true);
});

test("a store that fails is not ready", async () => {
  expect(await storeHealth({ getBucket: () => Promise.reject(new Error("gone")) })()).toBe(false);
});

test("a store that does not answer is not ready", async () => {
  expect(await storeHealth({ getBucket: () => new Promise(() => {}) }, 20)()).toBe(false);
});
