import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { expect, test } from "bun:test";
import fc from "fast-check";
import { BUFFER_BYTES } from "../../src/digest/buffers.ts";
import type { Digester, DigestName } from "../../src/digest/digest.ts";
import { createDigester } from "../../src/digest/digester.ts";

const ALL: readonly DigestName[] = ["md5", "sha1", "sha256", "crc32", "crc32c", "crc64nvme"];

/** Bytes that differ from place to place, so that a lost, doubled or swapped piece shows. */
function sample(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 31 + (i >> 8) * 17 + (i >> 16) * 7) % 251);
}

async function hexOf(digester: Digester, chunks: Iterable<Uint8Array>): Promise<Record<string, string>> {
  for (const chunk of chunks) await digester.update(chunk);
  const digests = await digester.finish();
  return Object.fromEntries([...digests].map(([name, value]) => [name, Buffer.from(value).toString("hex")]));
}

/** Splits bytes at places that depend on `step` alone. */
function* split(bytes: Uint8Array, step: number): Iterable<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = 1 + (step * (i + 1) * 7919) % (2 * step);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

test("the digests of 123456789 are the published check values", async () => {
  const digits = Buffer.from("123456789");
  const expected = {
    md5: "25f9e794323b453885f5181f1b624d0b",
    sha1: "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
    sha256: "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
    crc32: "cbf43926",
    crc32c: "e3069283",
    crc64nvme: "ae8b14860a799888",
  };
  expect(await hexOf(createDigester(ALL, 9), [digits])).toEqual(expected);
  expect(await hexOf(createDigester(ALL, undefined), [digits])).toEqual(expected);
  expect(await hexOf(createDigester(ALL, 1e9), [digits])).toEqual(expected);
});

test("an empty body has digests", async () => {
  const expected = { md5: "d41d8cd98f00b204e9800998ecf8427e", crc32c: "00000000" };
  expect(await hexOf(createDigester(["md5", "crc32c"], 0), [])).toEqual(expected);
  expect(await hexOf(createDigester(["md5", "crc32c"], undefined), [])).toEqual(expected);
});

test("no digests wanted gives none", async () => {
  expect(await hexOf(createDigester([], undefined), [sample(600_000)])).toEqual({});
});

test("a small body is hashed without a promise", () => {
  const digester = createDigester(ALL, 4096);
  expect(digester.update(sample(4096))).toBeUndefined();
});

test("worker threads and this thread find the same digests, however the body is split", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.subarray([...ALL], { minLength: 1 }),
      fc.integer({ min: 0, max: 1_200_000 }),
      fc.integer({ min: 1000, max: 700_000 }),
      async (names, length, step) => {
        const body = sample(length);
        const here = await hexOf(createDigester(names, 0), [body]);
        expect(await hexOf(createDigester(names, length), split(body, step))).toEqual(here);
        expect(await hexOf(createDigester(names, undefined), split(body, step))).toEqual(here);
        expect(Object.keys(here).toSorted()).toEqual(names.toSorted());
      },
    ),
    { numRuns: 25 },
  );
});

test("lengths around the size of a buffer are hashed whole", async () => {
  for (
    const length of [BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1, 4 * BUFFER_BYTES, 5 * BUFFER_BYTES + 1]
  ) {
    const body = sample(length);
    expect(await hexOf(createDigester(["md5"], undefined), [body]))
      .toEqual({ md5: createHash("md5").update(body).digest("hex") });
  }
});

test("the caller may overwrite a chunk as soon as it was taken", async () => {
  const body = sample(3_000_000);
  const chunk = new Uint8Array(100_000);
  function* reused(): Iterable<Uint8Array> {
    for (let at = 0; at < body.length; at += chunk.length) {
      chunk.set(body.subarray(at, at + chunk.length));
      yield chunk;
    }
  }
  expect(await hexOf(createDigester(["md5"], body.length), reused()))
    .toEqual({ md5: createHash("md5").update(body).digest("hex") });
});

test("interleaved streams keep their own CRC states", async () => {
  const bodies = [sample(50_000), sample(60_000).reverse()];
  const digesters = bodies.map(() => createDigester(["crc32c", "crc64nvme"], 1000));
  for (let at = 0; at < 60_000; at += 1000) {
    bodies.forEach((body, i) => digesters[i]?.update(body.subarray(at, at + 1000)));
  }
  for (const [i, digester] of digesters.entries()) {
    expect(await hexOf(digester, [])).toEqual(
      await hexOf(createDigester(["crc32c", "crc64nvme"], 0), bodies.slice(i, i + 1)),
    );
  }
});
