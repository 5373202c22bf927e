import { expect, test } from "bun:test";
import { begun } from "../../src/crypto/begun.ts";

function source(items: number[], failure?: Error) {
  const state = { closed: false };
  async function* generate() {
    try {
      yield* items;
      if (failure !== undefined) throw failure;
    } finally {
      state.closed = true;
    }
  }
  return { stream: generate(), state };
}

test("a begun stream yields everything, the first item included", async () => {
  expect(await Array.fromAsync(await begun(source([1, 2, 3]).stream))).toEqual([1, 2, 3]);
  expect(await Array.fromAsync(await begun(source([]).stream))).toEqual([]);
});

test("a stream that fails at once is never begun", async () => {
  await expect(begun(source([], new Error("tampered")).stream)).rejects.toThrow("tampered");
});

test("a later failure comes at its place", async () => {
  const stream = await begun(source([1, 2], new Error("tampered")).stream);
  const seen: number[] = [];
  await expect((async () => {
    for await (const item of stream) seen.push(item);
  })()).rejects.toThrow("tampered");
  expect(seen).toEqual([1, 2]);
});

test("giving up a begun stream closes its source, even before the first item was read", async () => {
  for (const read of [0, 1, 2]) {
    const { stream, state } = source([1, 2, 3]);
    const whole = await begun(stream);
    for (let i = 0; i < read; i++) await whole.next();
    await whole.return?.();
    expect(state.closed).toBe(true);
    expect(await whole.next()).toEqual({ done: true, value: undefined });
  }
});
