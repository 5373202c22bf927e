import { Buffer } from "node:buffer";
import { expect, test } from "bun:test";
import fc from "fast-check";
import { ByteQueue } from "../../src/crypto/byte-queue.ts";

test("what goes in comes out in order, whatever the pieces", () => {
  const piece = fc.uint8Array({ maxLength: 20 });
  fc.assert(fc.property(fc.array(fc.tuple(piece, fc.nat({ max: 30 })), { maxLength: 20 }), (steps) => {
    const queue = new ByteQueue();
    const spent: Uint8Array[] = [];
    let expected = Buffer.alloc(0);
    for (const [chunk, wanted] of steps) {
      queue.push(chunk);
      expected = Buffer.concat([expected, chunk]);
      expect(queue.length).toBe(expected.length);
      const size = Math.min(wanted, expected.length);
      expect(Buffer.from(queue.peek(size))).toEqual(expected.subarray(0, size));
      expect(Buffer.from(queue.take(size, spent))).toEqual(expected.subarray(0, size));
      expected = expected.subarray(size);
    }
    expect(Buffer.from(queue.take(queue.length, spent))).toEqual(expected);
    const pushed = steps.map(([chunk]) => chunk).filter((chunk) => chunk.length > 0);
    const chunks = spent.filter((bytes) => pushed.some((chunk) => chunk === bytes));
    expect(chunks.length).toBe(pushed.length);
    expect(chunks.every((chunk, i) => chunk === pushed[i])).toBe(true);
  }));
});

test("a piece that had to be copied is spent itself, a view of a chunk is not", () => {
  const queue = new ByteQueue();
  const [one, two] = [new Uint8Array(5), new Uint8Array(5)];
  queue.push(one);
  queue.push(two);
  const spent: Uint8Array[] = [];
  queue.take(3, spent);
  expect(spent).toEqual([]);
  const across = queue.take(4, spent);
  expect(spent.length).toBe(2);
  expect(spent[0]).toBe(across);
  expect(spent[1]).toBe(one);
});

test("more than there is cannot be taken", () => {
  const queue = new ByteQueue();
  queue.push(new Uint8Array(3));
  expect(() => queue.take(4, [])).toThrow(RangeError);
});
