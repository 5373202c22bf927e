/**
 * Runs `task` over all items, at most `limit` at a time, and gives the results in the order of the items. Rejects
 * with what the first failing task throws; the tasks under way end, no others begin.
 */
export async function concurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  task: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const waiting = items.entries();
  let failed = false;
  async function work(): Promise<void> {
    for (const [index, item] of waiting) {
      try {
        results[index] = await task(item);
      } catch (thrown) {
        failed = true;
        throw thrown;
      }
      if (failed) return;
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}
