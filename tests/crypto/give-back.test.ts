import { Buffer } from "node:buffer";
import { expect, test } from "bun:test";
import { PACKAGE_SIZE, PAYLOAD_SIZE } from "../../src/crypto/dare.ts";
import { openDare } from "../../src/crypto/dare-reader.ts";
import { rangeSpan, wholeSpan } from "../../src/crypto/dare-span.ts";
import { sealDare } from "../../src/crypto/dare-writer.ts";
import { giveBack, giveBackMemory } from "../../src/crypto/give-back.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import { Secret } from "../../src/crypto/secret.ts";
import { chunks, collect, plaintext, PROVIDERS } from "./vectors.ts";

test("large memory that a view covers whole is freed, and nothing else", () => {
  const whole = new Uint8Array(100_000).fill(7);
  giveBack(whole);
  expect(whole.length).toBe(0);
  const larger = new Uint8Array(100_000).fill(7);
  giveBack(larger.subarray(1));
  giveBack(larger.subarray(0, 99_999));
  expect([larger.length, larger[0], larger[99_999]]).toEqual([100_000, 7, 7]);
  giveBackMemory(larger.subarray(0, 16));
  expect(larger.length).toBe(100_000);
  giveBackMemory(larger.subarray(1));
  expect(larger.length).toBe(0);
  const small = Buffer.alloc(1000, 7);
  giveBack(small);
  expect([small.length, small[0]]).toEqual([1000, 7]);
});

test.each(PROVIDERS)("chunks of a plaintext are spent once they are sealed, by $name", async (aead) => {
  const [key, plain] = [new Secret(randomBytes(32)), plaintext(30 * PAYLOAD_SIZE + 9, 2)];
  for (const step of [PAYLOAD_SIZE, 20_000, 1 << 19]) {
    const given: Uint8Array[] = [];
    const own = async function* () {
      for await (const chunk of chunks(plain, step)) {
        given.push(new Uint8Array(chunk));
        yield given.at(-1) ?? chunk;
      }
    };
    const sealed = await collect(sealDare(aead, key, own(), giveBack));
    expect(given.filter((chunk) => chunk.length > 0).length).toBe(plain.length % step < 16_384 ? 1 : 0);
    const opened = await collect(openDare(aead, key, chunks(sealed, 1 << 20), wholeSpan(plain.length)));
    expect(Buffer.compare(opened, plain)).toBe(0);
  }
});

test.each(PROVIDERS)("chunks of a source are spent once their packages are open, by $name", async (aead) => {
  const [key, plain] = [new Secret(randomBytes(32)), plaintext(30 * PAYLOAD_SIZE + 9, 1)];
  const stored = await collect(sealDare(aead, key, chunks(plain, 100_000)));
  const span = rangeSpan(plain.length, 70_000, 20 * PAYLOAD_SIZE);
  const read = stored.subarray(span.storedOffset, span.storedOffset + span.storedLength);
  for (const step of [PACKAGE_SIZE, 20_000, 1 << 20]) {
    const [given, spent] = [new Set<Uint8Array>(), new Set<Uint8Array>()];
    const own = async function* () {
      for await (const chunk of chunks(read, step)) {
        const own = new Uint8Array(chunk);
        given.add(own);
        yield own;
      }
    };
    const free = (chunk: Uint8Array) => {
      spent.add(chunk);
      giveBack(chunk);
    };
    const opened = await collect(openDare(aead, key, own(), span, free));
    expect(Buffer.compare(opened, plain.subarray(70_000, 70_000 + 20 * PAYLOAD_SIZE))).toBe(0);
    expect(given.isSubsetOf(spent)).toBe(true);
  }
});

test.each(PROVIDERS)(
  "what comes out is alone in its memory, so that it can be given back, by $name",
  async (aead) => {
    const [key, plain] = [new Secret(randomBytes(32)), plaintext(8 * PAYLOAD_SIZE, 3)];
    const stored = await collect(sealDare(aead, key, chunks(plain, plain.length)));
    const span = rangeSpan(plain.length, 70_000, 3 * PAYLOAD_SIZE);
    const read = stored.subarray(span.storedOffset, span.storedOffset + span.storedLength);
    for (const step of [PAYLOAD_SIZE, PACKAGE_SIZE, 1 << 20]) {
      for await (const chunk of sealDare(aead, key, chunks(plain, step))) {
        expect(chunk.buffer.byteLength).toBe(chunk.length);
      }
      for await (const chunk of openDare(aead, key, chunks(read, step), span)) {
        expect(chunk.buffer.byteLength).toBe(chunk.length);
      }
    }
  },
);
