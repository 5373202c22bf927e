import { Buffer } from "node:buffer";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { nativeAead } from "../../src/crypto/aead-native.ts";
import { webCryptoAead } from "../../src/crypto/aead-webcrypto.ts";
import { decryptedSize, encryptedSize, PACKAGE_SIZE, PAYLOAD_SIZE } from "../../src/crypto/dare.ts";
import { openDare, openSmall } from "../../src/crypto/dare-reader.ts";
import { partSpans, rangeSpan, wholeSpan } from "../../src/crypto/dare-span.ts";
import { sealDare, sealSmall } from "../../src/crypto/dare-writer.ts";
import { CryptoError, TamperedError, UnsupportedError } from "../../src/crypto/errors.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import { Secret } from "../../src/crypto/secret.ts";
import { chunks, collect, drain, plaintext, PROVIDERS } from "./vectors.ts";

/** Lengths around the borders of packages, and anything between. */
const length = fc.oneof(
  fc.nat({ max: 300 }),
  fc.nat({ max: 1_200_000 }),
  fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: -2, max: 2 }))
    .map(([packages, off]) => packages * PAYLOAD_SIZE + off),
);
const step = fc.oneof(
  fc.integer({ min: 1000, max: 80_000 }),
  fc.constantFrom(PAYLOAD_SIZE, PACKAGE_SIZE, 1 << 20),
);

const newKey = () => new Secret(randomBytes(32));
const same = (a: Uint8Array, b: Uint8Array) => expect(Buffer.compare(a, b)).toBe(0);
const seal = (key: Secret, plain: Uint8Array) => collect(sealDare(nativeAead, key, chunks(plain, 1 << 20)));

describe.each(PROVIDERS)("provider $name", (aead) => {
  test("any length in any split comes back, and has the size that was foretold", async () => {
    await fc.assert(
      fc.asyncProperty(length, step, step, async (length, step, otherStep) => {
        const [key, plain] = [newKey(), plaintext(length, step)];
        const stored = await collect(sealDare(aead, key, chunks(plain, step)));
        expect(stored.length).toBe(encryptedSize(length));
        expect(decryptedSize(stored.length)).toBe(length);
        same(await collect(openDare(aead, key, chunks(stored, otherStep), wholeSpan(length))), plain);
      }),
      { numRuns: 40 },
    );
  });

  test("any range comes back from the packages that it touches", async () => {
    const [key, plain] = [newKey(), plaintext(5 * PAYLOAD_SIZE + 4321, 1)];
    const stored = await seal(key, plain);
    const border = fc.oneof(
      fc.nat({ max: plain.length }),
      fc.tuple(fc.nat({ max: 5 }), fc.integer({ min: -1, max: 1 }))
        .map(([packages, off]) => Math.max(0, packages * PAYLOAD_SIZE + off)),
    );
    await fc.assert(
      fc.asyncProperty(border, border, step, async (one, other, step) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const span = rangeSpan(plain.length, from, to - from);
        const read = stored.subarray(span.storedOffset, span.storedOffset + span.storedLength);
        expect(read.length).toBe(span.storedLength);
        expect(span.storedLength).toBeLessThanOrEqual(encryptedSize(to - from) + 2 * PACKAGE_SIZE);
        same(await collect(openDare(aead, key, chunks(read, step), span)), plain.subarray(from, to));
      }),
      { numRuns: 60 },
    );
  });

  test("up to 64 KiB is sealed and opened at once", async () => {
    for (const length of [0, 1, 16, 65_535, 65_536]) {
      const [key, plain] = [newKey(), plaintext(length, 3)];
      const stored = await sealSmall(aead, key, plain);
      expect(stored.length).toBe(encryptedSize(length));
      same(await openSmall(aead, key, stored), plain);
      same(await collect(openDare(aead, key, chunks(stored, 999), wholeSpan(length))), plain);
    }
    expect(() => sealSmall(aead, newKey(), new Uint8Array(65_537))).toThrow(RangeError);
  });

  test("a full package that is not the last is no small stream", async () => {
    const key = newKey();
    const stored = await seal(key, plaintext(PAYLOAD_SIZE + 1, 3));
    const opened = (async () => await openSmall(aead, key, stored.subarray(0, PACKAGE_SIZE)))();
    await expect(opened).rejects.toBeInstanceOf(TamperedError);
  });

  test("chunks that are views of shared memory are left as they were", async () => {
    const [key, plain] = [newKey(), plaintext(3 * PAYLOAD_SIZE, 4)];
    const stored = Buffer.from(await seal(key, plain));
    const before = Buffer.from(stored);
    same(await collect(openDare(aead, key, chunks(stored, stored.length), wholeSpan(plain.length))), plain);
    same(stored, before);
  });

  test("every bit of header and tag, and bits all over the payload, are guarded", async () => {
    const [key, plain] = [newKey(), plaintext(PAYLOAD_SIZE + 100, 5)];
    const stored = await seal(key, plain);
    const positions: number[] = [];
    for (const [start, end] of [[0, PACKAGE_SIZE], [PACKAGE_SIZE, stored.length]] as const) {
      for (let at = start; at < start + 16; at++) positions.push(at);
      for (let at = start + 16; at < end - 16; at += 9973) positions.push(at);
      for (let at = end - 16; at < end; at++) positions.push(at);
    }
    for (const position of positions) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = stored.slice();
        changed[position] = (changed[position] ?? 0) ^ (1 << bit);
        const opened = await drain(
          openDare(aead, key, chunks(changed, stored.length), wholeSpan(plain.length)),
        );
        expect(opened.error).toBeInstanceOf(CryptoError);
        expect([0, position < PACKAGE_SIZE ? 0 : PAYLOAD_SIZE]).toContain(opened.released.length);
        same(opened.released, plain.subarray(0, opened.released.length));
      }
    }
  });

  test("every bit of header and tag is guarded in ranges that take its package, and in no other", async () => {
    const [key, plain] = [newKey(), plaintext(2 * PAYLOAD_SIZE + 100, 5)];
    const stored = await seal(key, plain);
    const read = (bytes: Uint8Array, from: number, to: number) => {
      const span = rangeSpan(plain.length, from, to - from);
      const source = bytes.subarray(span.storedOffset, span.storedOffset + span.storedLength);
      return drain(openDare(aead, key, chunks(source, PACKAGE_SIZE), span));
    };
    for (const bad of [0, 1, 2]) {
      const [start, end] = [bad * PACKAGE_SIZE, Math.min((bad + 1) * PACKAGE_SIZE, stored.length)];
      const [from, to] = [bad * PAYLOAD_SIZE, Math.min((bad + 1) * PAYLOAD_SIZE, plain.length)];
      for (let bit = 0; bit < 256; bit++) {
        const at = bit < 128 ? start + (bit >> 3) : end - 32 + (bit >> 3);
        const changed = stored.slice();
        changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7));
        const inside = await read(changed, from + 10, to - 10);
        expect(inside.error).toBeInstanceOf(CryptoError);
        expect(inside.released.length).toBe(0);
        if (bad > 0) {
          same((await read(changed, 0, from)).released, plain.subarray(0, from));
          const into = await read(changed, from - 10, from + 10);
          expect(into.error).toBeInstanceOf(CryptoError);
          same(into.released, plain.subarray(from - 10, from - 10 + into.released.length));
          expect(into.released.length).toBeLessThanOrEqual(10);
        }
        if (bad < 2) same((await read(changed, to, plain.length)).released, plain.subarray(to));
      }
    }
  });

  test("a stream that was cut anywhere is refused, also when its size is taken from what is left", async () => {
    const [key, plain] = [newKey(), plaintext(3 * PAYLOAD_SIZE + 500, 6)];
    const stored = await seal(key, plain);
    const cuts = [0, 1, 2, 3].flatMap((n) =>
      [-1, 0, 1, 15, 16, 17, 32, 33].map((off) => n * PACKAGE_SIZE + off)
    );
    for (const cut of [...cuts.filter((cut) => cut >= 0), stored.length - 1]) {
      const left = stored.subarray(0, cut);
      const known = await drain(openDare(aead, key, chunks(left, 60_000), wholeSpan(plain.length)));
      expect(known.error).toBeInstanceOf(TamperedError);
      same(known.released, plain.subarray(0, known.released.length));
      if (cut === 0) continue;
      let size = 0;
      try {
        size = decryptedSize(cut);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(TamperedError);
        continue;
      }
      const guessed = await drain(openDare(aead, key, chunks(left, 60_000), wholeSpan(size)));
      expect(guessed.error).toBeInstanceOf(TamperedError);
      // Whoever got as much as was announced would stop there and never learn of the error.
      expect(guessed.released.length).toBeLessThan(size);
    }
  });

  test("a range that ends early is refused", async () => {
    const [key, plain] = [newKey(), plaintext(4 * PAYLOAD_SIZE, 7)];
    const stored = await seal(key, plain);
    const span = rangeSpan(plain.length, PAYLOAD_SIZE, 2 * PAYLOAD_SIZE);
    const read = stored.subarray(span.storedOffset, span.storedOffset + span.storedLength);
    for (
      const length of [0, 5, 16, 1000, PACKAGE_SIZE - 1, PACKAGE_SIZE, PACKAGE_SIZE + 1, 2 * PACKAGE_SIZE - 1]
    ) {
      const opened = await drain(openDare(aead, key, chunks(read.subarray(0, length), 30_000), span));
      expect(opened.error).toBeInstanceOf(TamperedError);
    }
    const tooMuch = stored.subarray(span.storedOffset, span.storedOffset + span.storedLength + 1000);
    expect((await drain(openDare(aead, key, chunks(tooMuch, 1 << 20), span))).error).toBeInstanceOf(
      TamperedError,
    );
  });

  test("a final package in the middle of a larger stream is refused", async () => {
    const [key, plain] = [newKey(), plaintext(2 * PAYLOAD_SIZE, 8)];
    const stored = await seal(key, plain);
    const span = { ...rangeSpan(3 * PAYLOAD_SIZE, 0, 2 * PAYLOAD_SIZE) };
    expect(span.toEnd).toBe(false);
    expect((await drain(openDare(aead, key, chunks(stored, 1 << 20), span))).error).toBeInstanceOf(
      TamperedError,
    );
  });

  test("packages in another order, doubled or left out are refused", async () => {
    const [key, plain] = [newKey(), plaintext(4 * PAYLOAD_SIZE, 9)];
    const stored = await seal(key, plain);
    const at = (n: number) => stored.subarray(n * PACKAGE_SIZE, (n + 1) * PACKAGE_SIZE);
    for (
      const order of [[1, 0, 2, 3], [0, 2, 1, 3], [0, 0, 2, 3], [0, 1, 1, 3], [3, 1, 2, 0], [0, 1, 3], [
        1,
        2,
        3,
      ]]
    ) {
      const changed = Buffer.concat(order.map(at));
      for (const size of [plain.length, order.length * PAYLOAD_SIZE]) {
        const opened = await drain(openDare(aead, key, chunks(changed, 1 << 20), wholeSpan(size)));
        expect(opened.error).toBeInstanceOf(TamperedError);
        same(opened.released, plain.subarray(0, opened.released.length));
      }
    }
  });

  test("packages of another stream, under the same or another key, are refused", async () => {
    const [key, plain] = [newKey(), plaintext(3 * PAYLOAD_SIZE, 10)];
    const stored = await seal(key, plain);
    for (const other of [await seal(key, plain), await seal(newKey(), plain)]) {
      for (const n of [0, 1, 2]) {
        const mixed = stored.slice();
        mixed.set(other.subarray(n * PACKAGE_SIZE, (n + 1) * PACKAGE_SIZE), n * PACKAGE_SIZE);
        const opened = await drain(openDare(aead, key, chunks(mixed, 1 << 20), wholeSpan(plain.length)));
        expect(opened.error).toBeInstanceOf(TamperedError);
        expect(opened.released.length).toBeLessThanOrEqual(Math.max(1, n) * PAYLOAD_SIZE);
        same(opened.released, plain.subarray(0, opened.released.length));
        // Headers made to fit do not help: the tag guards them.
        mixed.set(stored.subarray(n * PACKAGE_SIZE, n * PACKAGE_SIZE + 16), n * PACKAGE_SIZE);
        const forged = await drain(openDare(aead, key, chunks(mixed, 1 << 20), wholeSpan(plain.length)));
        expect(forged.error).toBeInstanceOf(TamperedError);
      }
    }
  });

  test("another key opens nothing", async () => {
    const stored = await seal(newKey(), plaintext(1000, 11));
    expect((await drain(openDare(aead, newKey(), chunks(stored, 100), wholeSpan(1000)))).error)
      .toBeInstanceOf(TamperedError);
  });

  test("hostile bytes end in a typed error, never in plaintext or another one", async () => {
    const start = fc.constantFrom<number[]>([], [0x20, 0], [0x10, 0], [0x20, 0, 0xff, 0xff], [0x20, 1, 0, 0]);
    await fc.assert(
      fc.asyncProperty(
        start,
        fc.uint8Array({ maxLength: 200 }),
        fc.nat({ max: 200 }),
        async (start, rest, size) => {
          const data = new Uint8Array([...start, ...rest]);
          const opened = await drain(openDare(aead, newKey(), chunks(data, 17), wholeSpan(size)));
          expect(opened.released.length).toBe(0);
          if (data.length + size > 0) expect(opened.error).toBeInstanceOf(CryptoError);
        },
      ),
    );
  });

  test("an error of the source comes through, and giving up closes the source", async () => {
    const [key, plain] = [newKey(), plaintext(20 * PAYLOAD_SIZE, 12)];
    const stored = await seal(key, plain);
    async function* failing() {
      yield stored.subarray(0, PACKAGE_SIZE + 5);
      throw new Error("the disk is gone");
    }
    await expect(collect(openDare(aead, key, failing(), wholeSpan(plain.length)))).rejects.toThrow(
      "the disk is gone",
    );
    await expect(collect(sealDare(aead, key, failing()))).rejects.toThrow("the disk is gone");
    for (const open of [true, false]) {
      const source = chunks(stored, 1000);
      const stream = open
        ? openDare(aead, key, source, wholeSpan(plain.length))
        : sealDare(aead, key, source);
      for await (const _ of stream) break;
      expect(await source.next()).toEqual({ done: true, value: undefined });
    }
  });

  test("what comes out is as large as what goes in", async () => {
    const [key, plain] = [newKey(), plaintext(40 * PAYLOAD_SIZE, 14)];
    const stored = await seal(key, plain);
    for (const packages of [1, 5]) {
      const sizes: number[] = [];
      const source = chunks(stored, packages * PACKAGE_SIZE);
      for await (const chunk of openDare(aead, key, source, wholeSpan(plain.length))) {
        sizes.push(chunk.length);
      }
      expect(sizes).toEqual(Array(40 / packages).fill(packages * PAYLOAD_SIZE));
    }
  });

  test("many streams at once join less, each for itself", async () => {
    const [key, plain] = [newKey(), plaintext(10 * PAYLOAD_SIZE, 15)];
    const stored = await seal(key, plain);
    const open = () => openDare(aead, key, chunks(stored, stored.length), wholeSpan(plain.length));
    const [alone] = await Array.fromAsync(open());
    expect(alone?.length).toBe(plain.length);
    const crowd = Array.from({ length: 32 }, open);
    for (const { value } of await Promise.all(crowd.map((stream) => stream.next()))) {
      expect(value?.length).toBeLessThanOrEqual(2 * PAYLOAD_SIZE);
    }
    await Promise.all(crowd.map((stream) => stream.return()));
  });

  test("only some packages are read ahead of the consumer", async () => {
    const [key, plain] = [newKey(), plaintext(40 * PAYLOAD_SIZE, 13)];
    const stored = await seal(key, plain);
    let pulled = 0;
    async function* counted() {
      for await (const chunk of chunks(stored, PACKAGE_SIZE)) {
        pulled++;
        yield chunk;
      }
    }
    for await (const _ of openDare(aead, key, counted(), wholeSpan(plain.length))) break;
    expect(pulled).toBeLessThanOrEqual(aead.inFlight + 1);
    pulled = 0;
    for await (const _ of sealDare(aead, key, counted())) break;
    expect(pulled).toBeLessThanOrEqual(aead.inFlight + 1);
  });
});

test("both providers give identical bytes", async () => {
  await fc.assert(
    fc.asyncProperty(length, step, async (length, step) => {
      const [key, plain, random] = [newKey(), plaintext(length, 1), randomBytes(12)];
      const one = await collect(sealDare(webCryptoAead, key, chunks(plain, step), undefined, random));
      same(await collect(sealDare(nativeAead, key, chunks(plain, 70_001), undefined, random)), one);
    }),
    { numRuns: 20 },
  );
});

test("the same plaintext is never sealed to the same bytes twice", async () => {
  const key = newKey();
  const [one, two] = [await seal(key, plaintext(100, 1)), await seal(key, plaintext(100, 1))];
  expect(Buffer.compare(one.subarray(4, 16), two.subarray(4, 16))).not.toBe(0);
  expect(Buffer.compare(one.subarray(16), two.subarray(16))).not.toBe(0);
});

test("a small stream that demands DARE 2.0 refuses 1.0", () => {
  const stored = new Uint8Array(40);
  stored.set([0x10, 0, 7, 0]);
  expect(() => openSmall(nativeAead, newKey(), stored, [0x20])).toThrow(UnsupportedError);
});

test("spans of parts join to the range, each within its part", () => {
  const sizes = fc.array(fc.nat({ max: 200_000 }), { minLength: 1, maxLength: 6 });
  fc.assert(fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (sizes, at, wanted) => {
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const offset = Math.floor(at * total);
    const length = Math.min(wanted % 500_000, total - offset);
    let taken = 0;
    for (const span of partSpans(sizes, offset, length)) {
      expect(span.skip).toBeLessThan(PAYLOAD_SIZE);
      expect(span.skip + span.take).toBeLessThanOrEqual(span.plainLength);
      expect(span.storedLength).toBe(encryptedSize(span.plainLength));
      taken += span.take;
    }
    expect(taken).toBe(length);
  }));
});

test.each([[10, -1, 2], [10, 5, 6], [10, 0, -1], [0, 0, 1]])(
  "of %p bytes there is no range from %p of %p bytes",
  (size, offset, length) => {
    expect(() => rangeSpan(size, offset, length)).toThrow(RangeError);
    expect(() => partSpans([size], offset, length)).toThrow(RangeError);
  },
);
