import { Buffer } from "node:buffer";

/** Bytes that arrive in chunks of any size and leave in pieces of the size that is asked for. */
export class ByteQueue {
  readonly #chunks: Uint8Array[] = [];
  /** Bytes of the first chunk that are gone. */
  #gone = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next `size` bytes without removing them. There must be that many. Copied only where chunks meet. */
  peek(size: number): Uint8Array {
    let start = this.#gone;
    const [first] = this.#chunks;
    if (first !== undefined && first.length - start >= size) return first.subarray(start, start + size);
    const piece = Buffer.allocUnsafeSlow(size);
    let filled = 0;
    for (const chunk of this.#chunks) {
      if (filled === size) break;
      const part = chunk.subarray(start, start + size - filled);
      piece.set(part, filled);
      filled += part.length;
      start = 0;
    }
    if (filled < size) throw new RangeError("not that many bytes");
    return piece;
  }

  /**
   * Removes and returns the next `size` bytes. There must be that many.
   * @param spent takes what nobody needs any more once the piece has been used: every chunk of which nothing is left, and
   * the piece itself if it was copied
   */
  take(size: number, spent: Uint8Array[]): Uint8Array {
    const piece = this.peek(size);
    if (piece.buffer !== this.#chunks[0]?.buffer) spent.push(piece);
    this.#length -= size;
    this.#gone += size;
    let empty = 0;
    for (const chunk of this.#chunks) {
      if (this.#gone < chunk.length) break;
      this.#gone -= chunk.length;
      empty++;
      spent.push(chunk);
    }
    if (empty > 0) this.#chunks.splice(0, empty);
    return piece;
  }
}
