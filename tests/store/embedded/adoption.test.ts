import { expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AdoptedObject } from "../../../src/store/embedded/adoption.ts";
import type { EmbeddedStore } from "../../../src/store/embedded/embedded-store.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/open.ts";
import { bytesOf } from "../../s3/upload-fixture.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** An object of so many bytes for the key `key`; in parts of these sizes where they are given. */
function object(size: number, sizes: readonly number[] = []): AdoptedObject & { readonly bytes: Buffer } {
  const bytes = Buffer.from(bytesOf(size, 1));
  return {
    bytes,
    bucket: "box",
    key: "key",
    attributes: { size, etag: "etag", metadata: { "content-type": "a/b" } },
    lastModified: 1_000_000_000_123,
    parts: sizes.map((storedSize, i) => ({ number: i + 3, size: storedSize, storedSize, etag: `${i}` })),
    storedSize: size,
    async *read(start, length) {
      if (length > 0) yield Buffer.from(bytes.subarray(start, start + length));
    },
    sha256: sha256(bytes),
    expect: { absent: true },
  };
}

const blobs = (directory: string) =>
  readdirSync(join(directory, "blobs"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.includes("/")
  );

async function withStore(use: (store: EmbeddedStore, directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "minio-ts-adoption-"));
  const store = await openEmbeddedStore(directory);
  try {
    await store.createBucket("box");
    await use(store, directory);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

const KINDS: readonly (readonly [size: number, sizes: readonly number[]])[] = [
  [0, []],
  [1000, []],
  [200_000, []],
  [200_000, [150_000, 0, 50_000]],
];

for (const [size, sizes] of KINDS) {
  const what = `an object of ${size} bytes in ${sizes.length} parts`;

  test(`${what} is taken over with its date and its parts, and replaced under its revision alone`, async () => {
    await withStore(async (store, directory) => {
      const { bytes, ...taken } = object(size, sizes);
      await store.adoption.object(taken);
      const handle = await store.open("box", "key");
      const { record } = handle ?? {};
      expect(record).toMatchObject({
        ...taken.attributes,
        lastModified: taken.lastModified,
        storedSize: size,
      });
      expect(record?.parts).toEqual(taken.parts);
      const chunks = [];
      for await (const chunk of handle?.read(0, size) ?? []) chunks.push(chunk);
      handle?.close();
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
      const names = blobs(directory);

      await expect(store.adoption.object(taken)).rejects.toMatchObject({ code: "PreconditionFailed" });
      expect(blobs(directory)).toEqual(names);
      const other = { ...object(10), expect: { revision: record?.revision ?? "" } };
      await store.adoption.object(other);
      expect((await store.head("box", "key"))?.storedSize).toBe(10);
    });
  });

  test(`nothing is left of ${what} when its bytes are not those that were told, or end early`, async () => {
    await withStore(async (store, directory) => {
      const whole = object(size, sizes);
      await expect(store.adoption.object({ ...whole, sha256: sha256(Buffer.from("other")) })).rejects.toThrow(
        "the bytes read back after they were written are not those that were read before",
      );
      const empty = { ...whole, async *read() {} };
      if (size > 0) {
        await expect(store.adoption.object(empty)).rejects.toMatchObject({ code: "IncompleteBody" });
      }
      expect(await store.head("box", "key")).toBeUndefined();
      expect(blobs(directory)).toEqual([]);
    });
  });
}

test("a bucket is taken over with its date and its documents, and not when it is there", async () => {
  await withStore(async (store) => {
    const bucket = { name: "old", createdAt: 123, documents: new Map([["policy", "text"] as const]) };
    await store.adoption.bucket(bucket);
    expect(await store.getBucket("old")).toEqual({ name: "old", createdAt: 123 });
    expect(await store.getBucketDocument("old", "policy")).toBe("text");
    await expect(store.adoption.bucket({ ...bucket, documents: new Map() })).rejects.toMatchObject({
      code: "BucketAlreadyOwnedByYou",
    });
    expect(await store.getBucketDocument("old", "policy")).toBe("text");
  });
});
