import { describe, expect, test } from "bun:test";
import { decryptedSize, encryptedSize, PACKAGE_SIZE, PAYLOAD_SIZE } from "../../src/crypto/dare.ts";
import { openDare } from "../../src/crypto/dare-reader.ts";
import { partSpans, rangeSpan, type Span, wholeSpan } from "../../src/crypto/dare-span.ts";
import { sealDare } from "../../src/crypto/dare-writer.ts";
import { CryptoError, TamperedError } from "../../src/crypto/errors.ts";
import {
  bytes,
  chunks,
  collect,
  drain,
  hex,
  plaintext,
  PROVIDERS,
  secret,
  sha256,
  vectors,
} from "./vectors.ts";

const AES = "AES-256-GCM";
const dare20 = [...vectors.dare20, ...vectors.dare20_rand_top_bit_set].filter((v) => v.cipher === AES);
const dare10 = vectors.dare10.filter((v) => v.cipher === AES);

describe.each(PROVIDERS)("provider $name", (aead) => {
  test.each(dare20)(
    "DARE 2.0 of $plaintext_len bytes with random $rand is sealed to the same bytes",
    async (v) => {
      const source = chunks(plaintext(v.plaintext_len, v.plaintext_seed), 30_000);
      const sealed = await collect(sealDare(aead, secret(v.key), source, undefined, bytes(v.rand)));
      expect(sealed.length).toBe(v.ciphertext_len);
      expect(sha256(sealed)).toBe(v.ciphertext_sha256);
      let count = 0;
      for (const p of v.packages ?? []) {
        expect(hex(sealed.subarray(p.offset, p.offset + 16))).toBe(p.header);
        const tag = p.offset + 16 + p.payload_len;
        expect(hex(sealed.subarray(tag, tag + 16))).toBe(p.tag);
        count++;
      }
      expect(count).toBe(Math.ceil(v.plaintext_len / PAYLOAD_SIZE));
    },
  );

  test.each(dare20)("DARE 2.0 of $plaintext_len bytes with random $rand is opened", async (v) => {
    const plain = plaintext(v.plaintext_len, v.plaintext_seed);
    const sealed = await collect(
      sealDare(aead, secret(v.key), chunks(plain, 1 << 20), undefined, bytes(v.rand)),
    );
    const opened = await collect(
      openDare(aead, secret(v.key), chunks(sealed, 50_000), wholeSpan(plain.length)),
    );
    expect(sha256(opened)).toBe(v.plaintext_sha256);
  });

  test.each(dare10.filter((v) => v.plaintext_len <= 1000))(
    "DARE 1.0 of $plaintext_len bytes is opened",
    async (v) => {
      const source = chunks(bytes(v.ciphertext ?? ""), 100);
      const opened = await collect(openDare(aead, secret(v.key), source, wholeSpan(v.plaintext_len)));
      expect(sha256(opened)).toBe(v.plaintext_sha256);
    },
  );

  test.each(dare10)("DARE 1.0 of $plaintext_len bytes, rebuilt from its vector, is opened", async (v) => {
    const plain = plaintext(v.plaintext_len, v.plaintext_seed);
    const sealed = await sealDare10(v.key, v.rand, plain);
    expect(sha256(sealed)).toBe(v.ciphertext_sha256);
    const opened = await collect(
      openDare(aead, secret(v.key), chunks(sealed, 50_000), wholeSpan(plain.length)),
    );
    expect(sha256(opened)).toBe(v.plaintext_sha256);
  });

  test("DARE 1.0 packages out of order, doubled, left out or of another stream are refused", async () => {
    const [key, plain] = ["07".repeat(32), plaintext(4 * PAYLOAD_SIZE, 1)];
    const [stored, other] = [
      await sealDare10(key, "a1b2c3d4e5f60718", plain),
      await sealDare10(key, "00".repeat(8), plain),
    ];
    const at = (data: Uint8Array, n: number) => data.slice(n * PACKAGE_SIZE, (n + 1) * PACKAGE_SIZE);
    for (const order of [[1, 0, 2, 3], [0, 2, 1, 3], [0, 1, 1, 3], [0, 1, 3], [1, 2, 3], [0, 1, 2]]) {
      const changed = new Uint8Array(order.flatMap((n) => [...at(stored, n)]));
      const { error } = await drain(
        openDare(aead, secret(key), chunks(changed, 90_000), wholeSpan(plain.length)),
      );
      expect(error).toBeInstanceOf(TamperedError);
    }
    const mixed = stored.slice();
    mixed.set(at(other, 2), 2 * PACKAGE_SIZE);
    const { error } = await drain(
      openDare(aead, secret(key), chunks(mixed, 90_000), wholeSpan(plain.length)),
    );
    expect(error).toBeInstanceOf(TamperedError);
    const more = await drain(
      openDare(aead, secret(key), chunks(stored, 90_000), wholeSpan(3 * PAYLOAD_SIZE)),
    );
    expect(more.error).toBeInstanceOf(TamperedError);
  });

  test("a range of DARE 1.0 is opened", async () => {
    const [key, plain] = ["07".repeat(32), plaintext(4 * PAYLOAD_SIZE + 10, 1)];
    const stored = await sealDare10(key, "a1b2c3d4e5f60718", plain);
    for (const [offset, length] of [[65_530, 70_000], [131_072, 1], [4 * PAYLOAD_SIZE, 10]] as const) {
      const span = rangeSpan(plain.length, offset, length);
      const source = chunks(stored.subarray(span.storedOffset, span.storedOffset + span.storedLength), 1000);
      const opened = await collect(openDare(aead, secret(key), source, span));
      expect(sha256(opened)).toBe(sha256(plain.subarray(offset, offset + length)));
    }
  });

  test("version and cipher do not change within a stream", async () => {
    const [key, plain] = ["07".repeat(32), plaintext(2 * PAYLOAD_SIZE, 1)];
    const one = await sealDare10(key, "a1b2c3d4e5f60718", plain);
    const two = await collect(sealDare(aead, secret(key), chunks(plain, 65_536)));
    const mixed = new Uint8Array([...one.subarray(0, PACKAGE_SIZE), ...two.subarray(PACKAGE_SIZE)]);
    const { error } = await drain(
      openDare(aead, secret(key), chunks(mixed, 90_000), wholeSpan(plain.length)),
    );
    expect(error).toBeInstanceOf(TamperedError);
  });

  async function sealDare10(key: string, rand: string, plain: Uint8Array): Promise<Uint8Array> {
    const cipher = aead.key(secret(key), 0);
    const packages: Uint8Array[] = [];
    for (let at = 0, n = 0; at < plain.length; at += PAYLOAD_SIZE, n++) {
      const payload = plain.subarray(at, at + PAYLOAD_SIZE);
      const header = new Uint8Array(16);
      const view = new DataView(header.buffer);
      view.setUint8(0, 0x10);
      view.setUint16(2, payload.length - 1, true);
      view.setUint32(4, n, true);
      header.set(bytes(rand), 8);
      packages.push(header, ...await cipher.seal(header.subarray(4), header.subarray(0, 4), payload));
    }
    return await collect((async function* () {
      yield* packages;
    })());
  }

  test.each(vectors.dare20_range.cases)(
    "opening from package $sequence_number on gives the rest of the plaintext",
    async (v) => {
      const [key, sealed] = await sealed200000();
      const span = rangeSpan(200_000, v.plaintext_offset, v.plaintext_len);
      expect([span.sequence, span.storedOffset]).toEqual([v.sequence_number, v.ciphertext_offset]);
      const stored = sealed.subarray(span.storedOffset, span.storedOffset + span.storedLength);
      expect(sha256(await collect(openDare(aead, key, chunks(stored, 70_000), span)))).toBe(
        v.plaintext_sha256,
      );
    },
  );

  async function sealed200000() {
    const v = vectors.dare20.find((v) => v.cipher === AES && v.plaintext_len === 200_000);
    if (v === undefined) throw new Error("the vector is missing");
    const key = secret(v.key);
    const source = chunks(plaintext(v.plaintext_len, v.plaintext_seed), 65_536);
    return [key, await collect(sealDare(aead, key, source, undefined, bytes(v.rand)))] as const;
  }

  describe("damaged streams", () => {
    const base = vectors.dare20.find((v) => v.cipher === AES && v.plaintext_len === 65_537);
    if (base === undefined) throw new Error("the vector is missing");
    const key = secret(base.key);
    const plain = plaintext(base.plaintext_len, base.plaintext_seed);
    const stored = () => collect(sealDare(aead, key, chunks(plain, 65_536), undefined, bytes(base.rand)));
    const flip = (at: number, mask: number) => (data: Uint8Array) => {
      data[at] = (data[at] ?? 0) ^ mask;
      return data;
    };
    const whole = wholeSpan(base.plaintext_len);
    const damage: Record<string, [change: (data: Uint8Array) => Uint8Array, span?: Partial<Span>]> = {
      "flip ciphertext bit in package 0": [flip(100, 1)],
      "clear final flag of last package": [flip(PACKAGE_SIZE + 4, 0x80)],
      "set final flag on first package": [flip(4, 0x80)],
      "drop last package": [(data) => data.subarray(0, PACKAGE_SIZE)],
      "truncate last package": [(data) => data.subarray(0, -1)],
      "append garbage after final package": [(data) => new Uint8Array([...data, 1, 2, 3])],
      "swap packages": [
        (data) => new Uint8Array([...data.subarray(PACKAGE_SIZE), ...data.subarray(0, PACKAGE_SIZE)]),
      ],
      "unknown version": [flip(0, 0x10)],
      "unknown cipher": [flip(1, 2)],
      "nonce of 2nd package differs": [flip(PACKAGE_SIZE + 10, 1)],
      "wrong starting sequence number": [(data) => data, { sequence: 1 }],
      "empty stream": [() => new Uint8Array(0), { plainLength: 0, take: 0 }],
    };

    test.each(vectors.dare20_tamper.cases)("$case: $error", async (v) => {
      const [change, span] = damage[v.case] ?? [];
      if (change === undefined) throw new Error("this case has no test");
      const source = chunks(change(await stored()), 10_000);
      const { released, error } = await drain(openDare(aead, key, source, { ...whole, ...span }));
      if (v.error === "") expect(error).toBeUndefined();
      else expect(error).toBeInstanceOf(v.error.includes("unsupported") ? CryptoError : TamperedError);
      // Packages that make one chunk with a refused one are given up with it, so it may be less than the reference.
      expect([0, v.plaintext_bytes_released]).toContain(released.length);
      expect(sha256(released)).toBe(sha256(plain.subarray(0, released.length)));
    });
  });
});

test.each(vectors.sizes.encrypted_size)("$plaintext bytes of plaintext are stored as $encrypted", (v) => {
  const size = Number(v.plaintext);
  if (v.error === undefined) expect(encryptedSize(size)).toBe(Number(v.encrypted));
  else expect(() => encryptedSize(size)).toThrow(RangeError);
});

test.each(vectors.sizes.decrypted_size)("$encrypted stored bytes hold $plaintext bytes of plaintext", (v) => {
  const size = Number(v.encrypted);
  if (v.error === undefined) expect(decryptedSize(size)).toBe(Number(v.plaintext));
  else expect(() => decryptedSize(size)).toThrow(TamperedError);
});

test.each(vectors.range_math)(
  "$range of parts $part_plaintext_sizes reads $enc_length at $enc_offset",
  (v) => {
    const spans = partSpans(v.part_plaintext_sizes, v.plain_offset, v.plain_length);
    const [first] = spans;
    expect(first).toMatchObject({
      part: v.start_part_index,
      sequence: v.sequence_number,
      skip: v.skip,
      storedOffset: v.enc_offset,
    });
    let end = v.enc_offset;
    for (const span of spans) {
      expect(span.storedOffset).toBe(end);
      end += span.storedLength;
    }
    expect(end - v.enc_offset).toBe(v.enc_length);
    expect(spans.reduce((sum, span) => sum + span.take, 0)).toBe(v.plain_length);
  },
);
