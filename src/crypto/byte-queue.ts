import { Buffer } from "node:buffer";

/** Bytes that arrive in chunks of any size and leave in pieces of the size that is asked for. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  /** Index of the first chunk that still holds bytes, and how many of its bytes are gone. */
  #head = 0;
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
    const first = this.#chunks[this.#head];
    if (first !== undefined && first.length - this.#gone >= size) {
      return first.subarray(this.#gone, this.#gone + size);
    }
    const piece = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
    let filled = 0;
    for (let i = this.#head; filled < size; i++) {
      const chunk = this.#chunks[i];
      if (chunk === undefined) throw new RangeError("not that many bytes");
      const start = i === this.#head ? this.#gone : 0;
      const part = chunk.subarray(start, start + size - filled);
      piece.set(part, filled);
      filled += part.length;
    }
    return piece;
  }

  /** Removes and returns the next `size` bytes. There must be that many. */
  take(size: number): Uint8Array {
    const piece = this.peek(size);
    this.#length -= size;
    this.#gone += size;
    let first = this.#chunks[this.#head];
    while (first !== undefined && this.#gone >= first.length) {
      this.#gone -= first.length;
      first = this.#chunks[++this.#head];
    }
    this.#chunks = this.#chunks.slice(this.#head);
    this.#head = 0;
    return piece;
  }
}
