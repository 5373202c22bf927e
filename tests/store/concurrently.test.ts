import { expect, test } from "bun:test";
import { concurrently } from "../../src/store/concurrently.ts";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

test("Results come in the order of the items, whichever ends first", async () => {
  const results = await concurrently([3, 2, 1, 0], 4, async (turns) => {
    for (let i = 0; i < turns; i++) await tick();
    return turns * 10;
  });
  expect(results).toEqual([30, 20, 10, 0]);
});

test("No more tasks than the limit are under way, and the limit is used", async () => {
  let under = 0;
  let most = 0;
  await concurrently(Array.from({ length: 50 }), 7, async () => {
    most = Math.max(most, ++under);
    await tick();
    under--;
  });
  expect(most).toBe(7);
});

test("A failure rejects, and no further task begins", async () => {
  const begun: number[] = [];
  const run = concurrently([0, 1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item);
    await tick();
    if (item === 1) throw new Error("one");
  });
  await expect(run).rejects.toThrow("one");
  await tick();
  await tick();
  expect(begun.length).toBeLessThan(5);
});

test("Nothing to do is done", async () => {
  expect(await concurrently([], 5, async () => 1)).toEqual([]);
});
