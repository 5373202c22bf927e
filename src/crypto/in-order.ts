import { Buffer } from "node:buffer";
import { giveBack } from "./give-back.ts";

/** Bytes in one piece or in several. */
export type Pieces = readonly Uint8Array[];

/**
 * Works on items, several at a time, and yields the results in their order, joined into larger chunks. Pieces that
 * are joined are given back, so they must belong to nobody else.
 * @param inFlight most items under way; 1 for work that answers at once
 * @param perChunk items that make one chunk
 */
export async function* inOrder<Item>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Pieces | Promise<Pieces>,
  inFlight: number,
  perChunk: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const underWay: (Pieces | Promise<Pieces>)[] = [];
  let chunk: Uint8Array[] = [];
  let joined = 0;
  for await (const item of items) {
    underWay.push(begin(work(item)));
    if (underWay.length < inFlight) continue;
    await next();
    if (joined === perChunk) yield flush();
  }
  while (underWay.length > 0) {
    await next();
    if (joined === perChunk) yield flush();
  }
  if (joined > 0) yield flush();

  async function next(): Promise<void> {
    const oldest = underWay.shift() ?? [];
    chunk.push(...(oldest instanceof Promise ? await oldest : oldest));
    joined++;
  }

  function flush(): Uint8Array {
    const pieces = chunk;
    chunk = [];
    joined = 0;
    const whole = join(pieces);
    if (pieces.length > 1) { for (const piece of pieces) giveBack(piece); }
    return whole;
  }
}

/** One array with the bytes of all pieces, of its own memory unless there is only one piece. */
export function join(pieces: Pieces): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const joined = Buffer.allocUnsafeSlow(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let filled = 0;
  for (const piece of pieces) {
    joined.set(piece, filled);
    filled += piece.length;
  }
  return joined;
}

// A result that is never asked for because an earlier one failed must not end the process as an unhandled rejection.
function begin(result: Pieces | Promise<Pieces>): Pieces | Promise<Pieces> {
  if (result instanceof Promise) result.catch(() => {});
  return result;
}
