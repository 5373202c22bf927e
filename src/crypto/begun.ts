/**
 * Pulls the first item of a stream, so that what is wrong with its beginning shows before anything is answered.
 * @returns the whole stream, first item included; ending it early ends the source as well
 * @throws whatever the source throws for its first item
 */
export async function begun<Item>(stream: AsyncIterable<Item>): Promise<AsyncIterableIterator<Item>> {
  const source = stream[Symbol.asyncIterator]();
  let first: IteratorResult<Item> | undefined = await source.next();
  const whole: AsyncIterableIterator<Item> = {
    [Symbol.asyncIterator]: () => whole,
    next() {
      const item = first;
      first = undefined;
      return item === undefined ? source.next() : Promise.resolve(item);
    },
    async return() {
      first = undefined;
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
  return whole;
}
