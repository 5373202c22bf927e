import { Buffer } from "node:buffer";

/** Bodies up to this size are sent from memory, so that they can be sent again. */
export const SMALL = 256 * 1024;

/** The beginning of a body: all of it, or so much of it and the rest. */
export type Beginning =
  | { readonly whole: Uint8Array }
  | { readonly begun: AsyncIterableIterator<Uint8Array> };

/**
 * Reads a body of unknown size until it ends or has more than `most` bytes.
 * @returns all of it, or the same body from the start again; ending that early ends the body, also before it was begun
 */
export async function beginningOf(body: AsyncIterable<Uint8Array>, most: number): Promise<Beginning> {
  const iterator = body[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  for (let size = 0; size <= most;) {
    const step = await iterator.next();
    if (step.done === true) return { whole: joined(chunks) };
    chunks.push(step.value);
    size += step.value.length;
  }
  return { begun: continued(chunks, iterator) };
}

/** All bytes of a body. @throws Error when there are not `length`, and whatever the body throws */
export async function wholeBody(body: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > length) throw new Error(`the body ran past its ${length} bytes`);
    chunks.push(chunk);
  }
  if (size !== length) throw new Error(`the body ended after ${size} of ${length} bytes`);
  return joined(chunks);
}

function continued(
  chunks: Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncIterableIterator<Uint8Array> {
  const whole: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => whole,
    async next() {
      const chunk = chunks.shift();
      return chunk === undefined ? await rest.next() : { done: false, value: chunk };
    },
    async return() {
      chunks.length = 0;
      await rest.return?.();
      return { done: true, value: undefined };
    },
  };
  return whole;
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}
