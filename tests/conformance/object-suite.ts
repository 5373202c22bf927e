import { describe, expect, test } from "bun:test";
import {
  attributesOf,
  bodyOf,
  bytesOf,
  expectCode,
  failingBody,
  type Lack,
  type MakeStore,
  put,
  readObject,
  SharedStore,
} from "./fixture.ts";

/** Around every size at which a store may change how it keeps a body. */
const SIZES = [0, 1, 4096, 65535, 65536, 65537, 131072, 1048575, 1048576, 1048577, 3_500_000];

export function objectSuite(make: MakeStore, lacks: readonly Lack[] = []): void {
  describe("objects", () => {
    const shared = new SharedStore(make);

    test.each(SIZES)("an object of %d bytes is read as it was written", async (size) => {
      const bucket = await shared.newBucket();
      const bytes = bytesOf(size);
      const record = await put(shared.store, bucket, "key", bytes);
      expect(record.storedSize).toBe(size);
      expect(await readObject(shared.store, bucket, "key")).toEqual(bytes);
    });

    test.each([1, 1000, 65536, 300_000])("a body in chunks of %d bytes is kept in order", async (chunk) => {
      const bucket = await shared.newBucket();
      const bytes = bytesOf(chunk === 1 ? 70_000 : 2_500_000);
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += chunk) chunks.push(bytes.subarray(at, at + chunk));
      await shared.store.putObject({
        bucket,
        key: "key",
        body: bodyOf(...chunks, new Uint8Array(0)),
        storedSize: bytes.length,
        attributes: () => attributesOf(bytes.length),
      });
      expect(await readObject(shared.store, bucket, "key")).toEqual(bytes);
    });

    test.skipIf(lacks.includes("any attributes"))(
      "a record carries everything that its writer said",
      async () => {
        const bucket = await shared.newBucket();
        const before = Date.now();
        const attributes = {
          size: 7,
          etag: "0123456789abcdef",
          metadata: {
            "content-type": "text/plain",
            "X-Amz-Meta-Name": "value with \u00e9 and \u00f0\u009f\u0098\u0080",
            "X-Minio-Internal-Server-Side-Encryption-Iv": "AAECAw==",
            "X-Amz-Meta-Empty": "",
          },
          checksum: { algorithm: "CRC64NVME", type: "FULL_OBJECT", value: "AAAAAAAAAAA=" },
        } as const;
        const written = await shared.store.putObject({
          bucket,
          key: "key",
          body: bodyOf(bytesOf(39)),
          attributes: () => Promise.resolve(attributes),
        });
        const { revision, lastModified, ...rest } = written;
        expect(rest).toEqual({ ...attributes, bucket, key: "key", storedSize: 39, parts: [] });
        expect(revision).not.toBe("");
        expect(lastModified).toBeGreaterThan(before - 2000);
        expect(lastModified).toBeLessThan(Date.now() + 2000);
        expect(await shared.store.head(bucket, "key")).toEqual(written);
        const handle = await shared.store.open(bucket, "key");
        handle?.close();
        expect(handle?.record).toEqual(written);
        const page = await shared.store.listObjects({
          bucket,
          prefix: "",
          delimiter: "",
          after: "",
          limit: 10,
        });
        expect(page.objects.map(({ metadata: _, ...listed }) => listed)).toEqual([{
          key: "key",
          size: 7,
          etag: attributes.etag,
          lastModified,
          checksum: { algorithm: "CRC64NVME", type: "FULL_OBJECT" },
        }]);
      },
    );

    test("a key that was never written has no record", async () => {
      const bucket = await shared.newBucket();
      expect(await shared.store.head(bucket, "key")).toBeUndefined();
      expect(await shared.store.open(bucket, "key")).toBeUndefined();
      expect(await shared.store.deleteObject({ bucket, key: "key" })).toBeUndefined();
    });

    test.skipIf(lacks.includes("any attributes"))(
      "every write of a key has a revision of its own",
      async () => {
        const bucket = await shared.newBucket();
        const revisions = new Set<string>();
        for (let i = 0; i < 5; i++) {
          revisions.add((await put(shared.store, bucket, "key", bytesOf(5))).revision);
          if (i % 2 === 1) await shared.store.deleteObject({ bucket, key: "key" });
        }
        expect(revisions.size).toBe(5);
      },
    );

    test.each([[10, 200_000], [200_000, 10], [200_000, 300_000]])(
      "an object of %d bytes is replaced by one of %d",
      async (before, after) => {
        const bucket = await shared.newBucket();
        await put(shared.store, bucket, "key", bytesOf(before, 1));
        await put(shared.store, bucket, "key", bytesOf(after, 2));
        expect(await readObject(shared.store, bucket, "key")).toEqual(bytesOf(after, 2));
      },
    );

    test.skipIf(lacks.includes("deleted records"))(
      "a deleted object is gone, and its record is given back",
      async () => {
        const bucket = await shared.newBucket();
        const written = await put(shared.store, bucket, "key", bytesOf(200_000));
        expect(await shared.store.deleteObject({ bucket, key: "key" })).toEqual(written);
        expect(await shared.store.head(bucket, "key")).toBeUndefined();
        expect(await shared.store.open(bucket, "key")).toBeUndefined();
      },
    );

    test.each([10, 200_000])("a body that fails after %d bytes changes nothing", async (size) => {
      const bucket = await shared.newBucket();
      const failure = new Error("the client went away");
      const put = (key: string) =>
        shared.store.putObject({
          bucket,
          key,
          body: failingBody(bytesOf(size, 2), failure),
          attributes: () => attributesOf(size),
        });
      await putOld(bucket, "old");
      await expect(put("old")).rejects.toBe(failure);
      await expect(put("new")).rejects.toBe(failure);
      expect(await readObject(shared.store, bucket, "old")).toEqual(bytesOf(100_000));
      expect(await shared.store.head(bucket, "new")).toBeUndefined();
    });

    test.each([10, 200_000])(
      "attributes that cannot be had after %d bytes change nothing",
      async (size) => {
        const bucket = await shared.newBucket();
        const failure = new Error("the digest is wrong");
        await putOld(bucket, "old");
        const broken = (attributes: () => never | Promise<never>) =>
          shared.store.putObject({ bucket, key: "old", body: bodyOf(bytesOf(size, 2)), attributes });
        await expect(broken(() => {
          throw failure;
        })).rejects.toBe(failure);
        await expect(broken(() => Promise.reject(failure))).rejects.toBe(failure);
        expect(await readObject(shared.store, bucket, "old")).toEqual(bytesOf(100_000));
      },
    );

    test("attributes are asked for once, after the body has ended", async () => {
      const bucket = await shared.newBucket();
      const steps: string[] = [];
      async function* body() {
        yield bytesOf(10);
        steps.push("body ended");
      }
      await shared.store.putObject({
        bucket,
        key: "key",
        body: body(),
        attributes: () => {
          steps.push("attributes");
          return attributesOf(10);
        },
      });
      expect(steps).toEqual(["body ended", "attributes"]);
    });

    test("nothing of an object shows before its body has ended", async () => {
      const bucket = await shared.newBucket();
      const seen: unknown[] = [];
      const { store } = shared;
      async function* body() {
        yield bytesOf(300_000);
        seen.push(await store.head(bucket, "key"));
        const query = { bucket, prefix: "", delimiter: "", after: "", limit: 10 };
        seen.push((await store.listObjects(query)).objects.length);
        yield bytesOf(300_000);
      }
      await store.putObject({ bucket, key: "key", body: body(), attributes: () => attributesOf(600_000) });
      expect(seen).toEqual([undefined, 0]);
      expect((await store.head(bucket, "key"))?.storedSize).toBe(600_000);
    });

    test("writers of one key at once leave the whole object of one of them", async () => {
      const bucket = await shared.newBucket();
      const sizes = [5, 70_000, 300_000, 6, 80_000, 7];
      await Promise.all(sizes.map((size, i) => put(shared.store, bucket, "key", bytesOf(size, i + 1))));
      const record = await shared.store.head(bucket, "key");
      const winner = sizes.indexOf(record?.storedSize ?? -1);
      expect(winner).toBeGreaterThanOrEqual(0);
      expect(await readObject(shared.store, bucket, "key")).toEqual(
        bytesOf(sizes[winner] ?? 0, winner + 1),
      );
    });

    test.skipIf(lacks.includes("any attributes")).each([10, 200_000])(
      "attributes of an object of %d bytes are replaced, its bytes kept",
      async (size) => {
        const bucket = await shared.newBucket();
        const before = await put(shared.store, bucket, "key", bytesOf(size));
        const attributes = {
          size,
          etag: "other",
          metadata: { "content-type": "text/css" },
          checksum: { algorithm: "SHA256", type: "FULL_OBJECT", value: "AA==" },
        } as const;
        const after = await shared.store.replaceAttributes({
          bucket,
          key: "key",
          revision: before.revision,
          attributes,
        });
        expect(after.revision).not.toBe(before.revision);
        expect(after).toMatchObject({ ...attributes, storedSize: size });
        expect(after.metadata).toEqual(attributes.metadata);
        expect(await shared.store.head(bucket, "key")).toEqual(after);
        expect(await readObject(shared.store, bucket, "key")).toEqual(bytesOf(size));
      },
    );

    test.skipIf(lacks.includes("any attributes"))(
      "attributes are replaced without making the object younger where that is wanted",
      async () => {
        const bucket = await shared.newBucket();
        const before = await put(shared.store, bucket, "key", bytesOf(10));
        // Two clocks' ticks, so that a new date would be another one.
        while (Date.now() <= before.lastModified + 1) await new Promise((resolve) => setTimeout(resolve, 1));
        const change = { bucket, key: "key", attributes: attributesOf(10, { "X-Amz-Meta-A": "b" }) };
        const kept = await shared.store.replaceAttributes({
          ...change,
          revision: before.revision,
          keepDate: true,
        });
        expect([kept.lastModified, kept.metadata]).toEqual([before.lastModified, change.attributes.metadata]);
        expect(kept.revision).not.toBe(before.revision);
        expect(await shared.store.head(bucket, "key")).toEqual(kept);
        const page = { bucket, prefix: "", delimiter: "", after: "", limit: 1 };
        expect((await shared.store.listObjects(page)).objects[0]?.lastModified).toBe(before.lastModified);
        const younger = await shared.store.replaceAttributes({ ...change, revision: kept.revision });
        expect(younger.lastModified).toBeGreaterThan(before.lastModified);
      },
    );

    test.skipIf(lacks.includes("any attributes"))(
      "attributes of an object that changed meanwhile, or is gone, are not replaced",
      async () => {
        const bucket = await shared.newBucket();
        const first = await put(shared.store, bucket, "key", bytesOf(1));
        const second = await put(shared.store, bucket, "key", bytesOf(2));
        const replace = (revision: string) =>
          shared.store.replaceAttributes({ bucket, key: "key", revision, attributes: attributesOf(9) });
        await expectCode(replace(first.revision), "PreconditionFailed");
        expect(await shared.store.head(bucket, "key")).toEqual(second);
        await shared.store.deleteObject({ bucket, key: "key" });
        await expectCode(replace(second.revision), "NoSuchKey");
      },
    );

    async function putOld(bucket: string, key: string): Promise<void> {
      await put(shared.store, bucket, key, bytesOf(100_000));
    }
  });
}
