import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "bun:test";
import { PACKAGE_SIZE } from "../../../src/crypto/dare.ts";
import { readFiles } from "../../../src/store/files/blob-reader.ts";

const directory = mkdtempSync(join(tmpdir(), "minio-ts-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("however many read at once, what is encrypted comes in whole packages, and in no more than 1 MiB", async () => {
  const bytes = Buffer.alloc(40 * PACKAGE_SIZE + 5).map((_, i) => i % 251);
  const path = join(directory, "body");
  writeFileSync(path, bytes);
  const start = 3 * PACKAGE_SIZE;
  for (const readers of [1, 3, 50]) {
    const streams = Array.from(
      { length: readers },
      () => readFiles([{ path, size: bytes.length }], start, bytes.length - start),
    );
    for (const chunks of await Promise.all(streams.map((stream) => Array.fromAsync(stream)))) {
      expect(Buffer.concat(chunks).equals(bytes.subarray(start))).toBe(true);
      for (const chunk of chunks.slice(0, -1)) {
        expect(chunk.length % PACKAGE_SIZE).toBe(0);
        expect(chunk.length).toBeLessThanOrEqual(2 ** 20);
      }
    }
  }
});
