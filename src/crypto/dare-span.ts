import { encryptedSize, PACKAGE_SIZE, PAYLOAD_SIZE } from "./dare.ts";

/** The packages of one stream that hold a range of its plaintext. All sizes in bytes. */
export interface Span {
  /** Number of the first package, from 0. */
  readonly sequence: number;
  /** Whether the last package of the stream is among them. */
  readonly toEnd: boolean;
  /** Where they begin in the stored stream, and how long they are there. */
  readonly storedOffset: number;
  readonly storedLength: number;
  /** Plaintext in all of them. */
  readonly plainLength: number;
  /** Plaintext to leave out at the beginning. */
  readonly skip: number;
  /** Plaintext wanted. */
  readonly take: number;
}

/** A span in one part of an object that is a concatenation of streams. `storedOffset` counts from its first part. */
export interface PartSpan extends Span {
  /** Index of the part. */
  readonly part: number;
}

/** The whole of a stream of `size` bytes of plaintext. */
export function wholeSpan(size: number): Span {
  return rangeSpan(size, 0, size);
}

/** Plaintext `[offset, offset + length)` of a stream of `size` bytes of plaintext, within which it must lie. */
export function rangeSpan(size: number, offset: number, length: number): Span {
  if (offset < 0 || length < 0 || offset + length > size) throw new RangeError("range outside the stream");
  const stored = encryptedSize(size);
  if (length === 0) {
    const nothing = { sequence: 0, storedOffset: 0, storedLength: 0, plainLength: 0, skip: 0, take: 0 };
    return { ...nothing, toEnd: size === 0 };
  }
  const sequence = Math.floor(offset / PAYLOAD_SIZE);
  const end = Math.ceil((offset + length) / PAYLOAD_SIZE);
  const storedOffset = sequence * PACKAGE_SIZE;
  const plainOffset = sequence * PAYLOAD_SIZE;
  return {
    sequence,
    toEnd: end * PAYLOAD_SIZE >= size,
    storedOffset,
    storedLength: Math.min(end * PACKAGE_SIZE, stored) - storedOffset,
    plainLength: Math.min(end * PAYLOAD_SIZE, size) - plainOffset,
    skip: offset - plainOffset,
    take: length,
  };
}

/**
 * Plaintext `[offset, offset + length)` of an object whose parts are streams of their own.
 * @param sizes plaintext bytes of each part, in order
 */
export function partSpans(sizes: readonly number[], offset: number, length: number): PartSpan[] {
  const spans: PartSpan[] = [];
  let plainStart = 0;
  let storedStart = 0;
  for (const [part, size] of sizes.entries()) {
    const from = Math.max(offset, plainStart);
    const to = Math.min(offset + length, plainStart + size);
    if (from < to) {
      const span = rangeSpan(size, from - plainStart, to - from);
      spans.push({ ...span, part, storedOffset: storedStart + span.storedOffset });
    }
    plainStart += size;
    storedStart += encryptedSize(size);
  }
  if (offset < 0 || length < 0 || offset + length > plainStart) {
    throw new RangeError("range outside the object");
  }
  return spans;
}
