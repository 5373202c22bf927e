import { Buffer } from "node:buffer";
import { giveBackMemory } from "./give-back.ts";

/** Bytes of results that wait to be joined, in all streams together. */
const MOST_WAITING = 2 * 1024 * 1024;

/** Bytes in one piece or in several. */
export type Pieces = readonly Uint8Array[];

/**
 * How many streams are worked on in this process. They share what one alone has under way: more together would gain
 * nothing and hold 128 KiB each.
 */
let streams = 0;

/** A piece of a stream of chunks. */
export interface Cut {
  /** Memory that is not needed any more once this and all pieces before it have been worked on. */
  readonly spent: readonly Uint8Array[];
}

/** How the work goes. */
export interface Flow {
  /** Most items under way in all streams together, but for one of each; 1 for work that answers at once. */
  readonly inFlight: number;
  /** Hears of all memory that is not needed any more. */
  readonly spent: ((chunk: Uint8Array) => void) | undefined;
}

/**
 * Works on items, several at a time, and yields the results in their order. What came of one chunk of the stream is
 * joined into one chunk, or into several where many streams share the memory: large ones cost less on their way. Each is
 * alone in its memory, so that whoever takes it can give it back. Pieces that are joined are given back here, so they
 * must belong to nobody else.
 */
export async function* inOrder<Item extends Cut>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Pieces | Promise<Pieces>,
  { inFlight, spent }: Flow,
): AsyncGenerator<Uint8Array, void, undefined> {
  const underWay: { readonly item: Item; readonly result: Pieces | Promise<Pieces> }[] = [];
  let chunk: Uint8Array[] = [];
  let size = 0;
  streams++;
  try {
    for await (const item of items) {
      underWay.push({ item, result: begin(work(item)) });
      while (underWay.length >= Math.max(1, inFlight / streams)) {
        if (await next()) yield flush();
      }
    }
    while (underWay.length > 0) {
      if (await next()) yield flush();
    }
    if (chunk.length > 0) yield flush();
  } finally {
    streams--;
  }

  /** Waits for the oldest result. Says whether a chunk ends with it. */
  async function next(): Promise<boolean> {
    const oldest = underWay.shift();
    if (oldest === undefined) return false;
    const { item, result } = oldest;
    for (const piece of result instanceof Promise ? await result : result) {
      chunk.push(piece);
      size += piece.length;
    }
    if (spent !== undefined) item.spent.forEach(spent);
    return item.spent.length > 0 || size >= MOST_WAITING / streams;
  }

  function flush(): Uint8Array {
    const whole = join(chunk);
    chunk = [];
    size = 0;
    return whole;
  }
}

/** The bytes of all pieces, alone in their memory. The pieces are given back, unless one alone is the whole already. */
export function join(pieces: Pieces): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined && only.length === only.buffer.byteLength) return only;
  const joined = Buffer.allocUnsafeSlow(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let filled = 0;
  for (const piece of pieces) {
    joined.set(piece, filled);
    filled += piece.length;
    giveBackMemory(piece);
  }
  return joined;
}

// A result that is never asked for because an earlier one failed must not end the process as an unhandled rejection.
function begin(result: Pieces | Promise<Pieces>): Pieces | Promise<Pieces> {
  if (result instanceof Promise) result.catch(() => {});
  return result;
}
