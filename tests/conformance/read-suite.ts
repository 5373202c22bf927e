import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import {
  attributesOf,
  bytesOf,
  type Lack,
  type MakeStore,
  mustOpen,
  put,
  putParts,
  readRange,
  SharedStore,
} from "./fixture.ts";

export function readSuite(make: MakeStore, lacks: readonly Lack[] = []): void {
  describe("reads", () => {
    const shared = new SharedStore(make);

    test.skipIf(lacks.includes("held bytes")).each([10, 200_000])(
      "a reader of %d bytes sees them while they are overwritten",
      async (size) => {
        const bucket = await shared.newBucket();
        await put(shared.store, bucket, "key", bytesOf(size, 1));
        const handle = await mustOpen(shared.store, bucket, "key");
        await put(shared.store, bucket, "key", bytesOf(size, 2));
        await put(shared.store, bucket, "key", bytesOf(size + 1, 3));
        expect(await readRange(handle, 0, size)).toEqual(bytesOf(size, 1));
        handle.close();
      },
    );

    test.skipIf(lacks.includes("held bytes")).each([10, 200_000])(
      "a reader of %d bytes sees them after their deletion",
      async (size) => {
        const bucket = await shared.newBucket();
        await put(shared.store, bucket, "key", bytesOf(size));
        const [one, other] = [
          await mustOpen(shared.store, bucket, "key"),
          await mustOpen(shared.store, bucket, "key"),
        ];
        await shared.store.deleteObject({ bucket, key: "key" });
        one.close();
        one.close();
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect(await readRange(other, 0, size)).toEqual(bytesOf(size));
        other.close();
      },
    );

    test("a reader in the middle of a large object is not disturbed by its replacement", async () => {
      const bucket = await shared.newBucket();
      const bytes = bytesOf(5_000_000);
      await put(shared.store, bucket, "key", bytes);
      const handle = await mustOpen(shared.store, bucket, "key");
      const chunks: Uint8Array[] = [];
      for await (const chunk of handle.read(0, bytes.length)) {
        if (chunks.length === 0) {
          await put(shared.store, bucket, "key", bytesOf(5_000_000, 2));
          await shared.store.deleteObject({ bucket, key: "key" });
        }
        chunks.push(chunk);
      }
      handle.close();
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    });

    test.skipIf(lacks.includes("held bytes"))(
      "a reader of a multipart object keeps all of its parts",
      async () => {
        const bucket = await shared.newBucket();
        const parts = [bytesOf(100_000, 1), bytesOf(100_000, 2), bytesOf(100_000, 3)];
        await putParts(shared.store, bucket, "key", parts);
        const handle = await mustOpen(shared.store, bucket, "key");
        await putParts(shared.store, bucket, "key", [bytesOf(5)]);
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect((await readRange(handle, 0, 300_000)).equals(Buffer.concat(parts))).toBe(true);
        handle.close();
      },
    );

    test("chunks belong to the consumer", async () => {
      const bucket = await shared.newBucket();
      for (const size of [100, 3_000_000]) {
        await put(shared.store, bucket, "key", bytesOf(size));
        const handle = await mustOpen(shared.store, bucket, "key");
        for await (const chunk of handle.read(0, size)) chunk.fill(0);
        expect((await readRange(handle, 0, size)).equals(bytesOf(size))).toBe(true);
        handle.close();
      }
    });

    test("a reader may stop early, and read twice at once", async () => {
      const bucket = await shared.newBucket();
      await put(shared.store, bucket, "key", bytesOf(4_000_000));
      const handle = await mustOpen(shared.store, bucket, "key");
      for await (const chunk of handle.read(0, 4_000_000)) {
        expect(chunk[0]).toBe(bytesOf(1)[0] ?? 0);
        break;
      }
      const [one, other] = await Promise.all([
        readRange(handle, 0, 2_000_000),
        readRange(handle, 1_000_000, 3_000_000),
      ]);
      expect(one.equals(bytesOf(4_000_000).subarray(0, 2_000_000))).toBe(true);
      expect(other.equals(bytesOf(4_000_000).subarray(1_000_000))).toBe(true);
      handle.close();
    });

    test.each([10, 200_000])("reading past the end of %d bytes throws", async (size) => {
      const bucket = await shared.newBucket();
      await put(shared.store, bucket, "key", bytesOf(size));
      const handle = await mustOpen(shared.store, bucket, "key");
      await expect(readRange(handle, 0, size + 1)).rejects.toThrow();
      handle.close();
    });

    test.skipIf(lacks.includes("small parts"))(
      "every range around the borders of parts is exact",
      async () => {
        const bucket = await shared.newBucket();
        const parts = [1, 2, 3, 65_536, 1, 70_000].map((size, i) => bytesOf(size, i + 1));
        const whole = Buffer.concat(parts);
        await putParts(shared.store, bucket, "key", parts);
        const handle = await mustOpen(shared.store, bucket, "key");
        let border = 0;
        const borders = [0, ...parts.map((part) => border += part.length)];
        const places = new Set(borders.flatMap((at) => [at - 1, at, at + 1]).filter((at) => at >= 0));
        for (const start of places) {
          for (const end of places) {
            if (start > end || end > whole.length) continue;
            const read = await readRange(handle, start, end - start);
            expect(read.equals(whole.subarray(start, end))).toBe(true);
          }
        }
        handle.close();
      },
    );

    test.skipIf(lacks.includes("small parts"))("ranges over any parts are exact", async () => {
      const bucket = await shared.newBucket();
      const sizes = fc.array(fc.oneof(fc.nat(4), fc.nat(200_000), fc.constant(1_048_577)), {
        minLength: 1,
        maxLength: 5,
      });
      const fraction = fc.double({ min: 0, max: 1, noNaN: true });
      const ranges = fc.array(fc.tuple(fraction, fraction), { minLength: 5, maxLength: 10 });
      await fc.assert(
        fc.asyncProperty(sizes, ranges, async (sizes, ranges) => {
          const parts = sizes.map((size, i) => bytesOf(size, i + 1));
          const whole = Buffer.concat(parts);
          await putParts(shared.store, bucket, "key", parts);
          const handle = await mustOpen(shared.store, bucket, "key");
          try {
            for (const [from, share] of ranges) {
              const start = Math.floor(from * whole.length);
              const length = Math.floor(share * (whole.length - start));
              const read = await readRange(handle, start, length);
              expect(read.equals(whole.subarray(start, start + length))).toBe(true);
            }
          } finally {
            handle.close();
          }
        }),
        { numRuns: 20 },
      );
    });

    test.skipIf(lacks.includes("held bytes"))(
      "readers beside writers see one whole object each",
      async () => {
        const bucket = await shared.newBucket();
        const { store } = shared;
        await put(store, bucket, "key", bytesOf(100_000, 1));
        let writing = true;
        const read = async () => {
          let torn = 0;
          while (writing) {
            const handle = await mustOpen(store, bucket, "key");
            const seed = handle.record.storedSize - 99_999;
            const bytes = await readRange(handle, 0, handle.record.storedSize);
            if (!bytes.equals(bytesOf(bytes.length, seed))) torn++;
            handle.close();
          }
          return torn;
        };
        const readers = [read(), read()];
        for (let seed = 2; seed < 20; seed++) {
          await store.putObject({
            bucket,
            key: "key",
            body: (async function* () {
              const bytes = bytesOf(99_999 + seed, seed);
              yield bytes.subarray(0, 50_000);
              await new Promise((resolve) => setTimeout(resolve, 1));
              yield bytes.subarray(50_000);
            })(),
            attributes: () => attributesOf(99_999 + seed),
          });
        }
        writing = false;
        expect(await Promise.all(readers)).toEqual([0, 0]);
      },
    );
  });
}
