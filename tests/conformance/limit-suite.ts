import { describe, expect, test } from "bun:test";
import {
  attributesOf,
  bodyOf,
  bytesOf,
  expectCode,
  type MakeStore,
  METADATA,
  put,
  putPart,
  readObject,
  SharedStore,
} from "./fixture.ts";
import { AWKWARD_KEYS } from "./key-suite.ts";
import { type Limits, refusalOf } from "./limits.ts";

/** That what a store cannot express is refused, and nothing else happens. */
export function limitSuite(make: MakeStore, limits: Limits): void {
  const refused = AWKWARD_KEYS.flatMap((key) => {
    const code = refusalOf(key, limits);
    return code === undefined ? [] : [[key, code] as const];
  });
  if (refused.length > 0) {
    describe("keys that cannot be", () => {
      const shared = new SharedStore(make);

      test("are refused by everything that is about a key", async () => {
        const bucket = await shared.newBucket();
        const { store } = shared;
        for (const [key, code] of refused) {
          await expectCode(put(store, bucket, key, bytesOf(10)), code);
          await expectCode(put(store, bucket, key, bytesOf(0)), code);
          await expectCode(store.head(bucket, key), code);
          await expectCode(store.open(bucket, key), code);
          await expectCode(store.deleteObject({ bucket, key }), code);
          await expectCode(store.createUpload({ bucket, key, metadata: METADATA }), code);
        }
        const query = { bucket, prefix: "", delimiter: "", limit: 1000 };
        expect(await store.listObjects({ ...query, after: "" })).toEqual({ objects: [], prefixes: [] });
      });

      test("are shown by no listing that asks for them", async () => {
        const bucket = await shared.newBucket();
        await put(shared.store, bucket, "a/b", bytesOf(10));
        for (const [prefix] of refused) {
          for (const delimiter of ["", "/"]) {
            const page = await shared.store.listObjects({
              bucket,
              prefix,
              delimiter,
              after: "",
              limit: 1000,
            });
            expect([prefix, page]).toEqual([prefix, { objects: [], prefixes: [] }]);
          }
        }
      });

      test("begin no upload that could be found", async () => {
        const bucket = await shared.newBucket();
        for (const [key] of refused) {
          await expectCode(shared.store.getUpload({ bucket, key, uploadId: "1" }), "NoSuchUpload");
        }
      });
    });
  }
  if (limits.keysArePaths) pathSuite(make);
}

function pathSuite(make: MakeStore): void {
  describe("keys that are paths", () => {
    const shared = new SharedStore(make);

    const listed = async (bucket: string) => {
      const page = await shared.store.listObjects({
        bucket,
        prefix: "",
        delimiter: "",
        after: "",
        limit: 1000,
      });
      return page.objects.map(({ key }) => key);
    };

    const complete = async (bucket: string, key: string) => {
      const upload = await shared.store.createUpload({ bucket, key, metadata: METADATA });
      const part = await putPart(shared.store, upload, 1, bytesOf(10));
      return {
        upload,
        done: shared.store.completeUpload({ ...upload, parts: [part], attributes: attributesOf(10) }),
      };
    };

    test("no object is below another one", async () => {
      const bucket = await shared.newBucket();
      await put(shared.store, bucket, "a", bytesOf(10));
      for (const key of ["a/b", "a/b/c"]) {
        await expectCode(put(shared.store, bucket, key, bytesOf(20)), "XMinioParentIsObject");
        const { upload, done } = await complete(bucket, key);
        await expectCode(done, "XMinioParentIsObject");
        expect((await shared.store.listParts(upload, { after: 0, limit: 10 })).parts).toHaveLength(1);
        expect(await shared.store.head(bucket, key)).toBeUndefined();
        expect(await shared.store.deleteObject({ bucket, key })).toBeUndefined();
      }
      await expectCode(put(shared.store, bucket, "a/", bytesOf(0)), "XMinioParentIsObject");
      expect(await readObject(shared.store, bucket, "a")).toEqual(bytesOf(10));
      expect(await listed(bucket)).toEqual(["a"]);
    });

    test("no object takes the place of others that are below it", async () => {
      const bucket = await shared.newBucket();
      await put(shared.store, bucket, "a/b/c", bytesOf(10));
      for (const key of ["a", "a/b"]) {
        await expectCode(put(shared.store, bucket, key, bytesOf(20)), "XMinioObjectExistsAsDirectory");
        const { upload, done } = await complete(bucket, key);
        await expectCode(done, "XMinioObjectExistsAsDirectory");
        await shared.store.abortUpload(upload);
        expect(await shared.store.head(bucket, key)).toBeUndefined();
        expect(await shared.store.deleteObject({ bucket, key })).toBeUndefined();
      }
      expect(await listed(bucket)).toEqual(["a/b/c"]);
      await shared.store.deleteObject({ bucket, key: "a/b/c" });
      await put(shared.store, bucket, "a", bytesOf(30));
      expect(await readObject(shared.store, bucket, "a")).toEqual(bytesOf(30));
    });

    test("a directory is an object without bytes as long as it is empty", async () => {
      const bucket = await shared.newBucket();
      const { store } = shared;
      await expectCode(put(store, bucket, "d/", bytesOf(1)), "XMinioInvalidObjectName");
      expect(await store.head(bucket, "d/")).toBeUndefined();
      const record = await store.putObject({
        bucket,
        key: "d/",
        body: bodyOf(),
        attributes: () => ({
          ...attributesOf(0),
          metadata: { "X-Minio-Internal-Server-Side-Encryption-Iv": "A" },
        }),
      });
      expect(record).toMatchObject({
        key: "d/",
        size: 0,
        storedSize: 0,
        etag: "d41d8cd98f00b204e9800998ecf8427e",
        metadata: METADATA,
      });
      expect(await store.head(bucket, "d/")).toEqual(record);
      expect(await readObject(store, bucket, "d/")).toEqual(bytesOf(0));
      expect(await listed(bucket)).toEqual(["d/"]);

      await put(store, bucket, "d/x", bytesOf(1));
      expect(await store.head(bucket, "d/")).toBeUndefined();
      expect(await readObject(store, bucket, "d/")).toEqual(bytesOf(0));
      expect(await store.deleteObject({ bucket, key: "d/" })).toBeUndefined();
      expect(await listed(bucket)).toEqual(["d/x"]);
    });

    test("a directory goes with the last object in it, up to the bucket", async () => {
      const bucket = await shared.newBucket();
      const { store } = shared;
      await put(store, bucket, "d/", bytesOf(0));
      await put(store, bucket, "d/e/x", bytesOf(1));
      await put(store, bucket, "d/y", bytesOf(1));
      await store.deleteObject({ bucket, key: "d/e/x" });
      expect(await listed(bucket)).toEqual(["d/y"]);
      await store.deleteObject({ bucket, key: "d/y" });
      expect(await listed(bucket)).toEqual([]);
      expect(await store.head(bucket, "d/")).toBeUndefined();
      await store.deleteBucket(bucket);
    });

    test("a directory object is written and deleted on conditions", async () => {
      const bucket = await shared.newBucket();
      const { store } = shared;
      const make = (expect?: { absent: true }) =>
        store.putObject({
          bucket,
          key: "d/",
          body: bodyOf(),
          attributes: () => attributesOf(0),
          ...(expect && { expect }),
        });
      const { revision } = await make({ absent: true });
      await expectCode(make({ absent: true }), "PreconditionFailed");
      const remove = (revision: string) => store.deleteObject({ bucket, key: "d/", expect: { revision } });
      await expectCode(remove(`${revision}x`), "PreconditionFailed");
      expect((await remove(revision))?.key).toBe("d/");
      expect(await listed(bucket)).toEqual([]);
    });

    test("no upload is begun for a directory", async () => {
      const bucket = await shared.newBucket();
      await expectCode(
        shared.store.createUpload({ bucket, key: "d/", metadata: METADATA }),
        "XMinioInvalidObjectName",
      );
    });
  });
}
