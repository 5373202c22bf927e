import { describe, expect, test } from "bun:test";
import type { Expectation } from "../../src/store/store.ts";
import {
  attributesOf,
  bodyOf,
  bytesOf,
  expectCode,
  type Lack,
  type MakeStore,
  put,
  putPart,
  readObject,
  SharedStore,
} from "./fixture.ts";

export function conditionSuite(make: MakeStore, lacks: readonly Lack[] = []): void {
  describe("expectations", () => {
    const shared = new SharedStore(make);

    const putIf = (bucket: string, bytes: Uint8Array, expect: Expectation) =>
      shared.store.putObject({
        bucket,
        key: "key",
        body: bodyOf(bytes),
        attributes: () => attributesOf(bytes.length),
        expect,
      });

    test("a write that expects no object happens only without one", async () => {
      const bucket = await shared.newBucket();
      await putIf(bucket, bytesOf(1), { absent: true });
      await expectCode(putIf(bucket, bytesOf(2), { absent: true }), "PreconditionFailed");
      await expectCode(putIf(bucket, bytesOf(200_000), { absent: true }), "PreconditionFailed");
      expect(await readObject(shared.store, bucket, "key")).toEqual(bytesOf(1));
      await shared.store.deleteObject({ bucket, key: "key" });
      await putIf(bucket, bytesOf(3), { absent: true });
      expect(await readObject(shared.store, bucket, "key")).toEqual(bytesOf(3));
    });

    test("a write that expects a revision happens only on that revision", async () => {
      const bucket = await shared.newBucket();
      const { revision: first } = await put(shared.store, bucket, "key", bytesOf(1));
      const { revision: second } = await putIf(bucket, bytesOf(2), { revision: first });
      await expectCode(putIf(bucket, bytesOf(3), { revision: first }), "PreconditionFailed");
      expect(await readObject(shared.store, bucket, "key")).toEqual(bytesOf(2));
      await shared.store.deleteObject({ bucket, key: "key" });
      await expectCode(putIf(bucket, bytesOf(3), { revision: second }), "PreconditionFailed");
      expect(await shared.store.head(bucket, "key")).toBeUndefined();
    });

    test.each([10, 100_000])(
      "of many that expect no object and write %d bytes at once, one wins",
      async (size) => {
        const bucket = await shared.newBucket();
        const results = await Promise.allSettled(
          Array.from({ length: 8 }, (_, i) => putIf(bucket, bytesOf(size, i + 1), { absent: true })),
        );
        const winners = results.flatMap((result, i) => result.status === "fulfilled" ? [i] : []);
        expect(winners).toHaveLength(1);
        for (const result of results) {
          if (result.status === "rejected") {
            expect(result.reason).toHaveProperty("code", "PreconditionFailed");
          }
        }
        expect(await readObject(shared.store, bucket, "key")).toEqual(bytesOf(size, (winners[0] ?? 0) + 1));
      },
    );

    test("of many that expect one revision at once, one wins", async () => {
      const bucket = await shared.newBucket();
      const { revision } = await put(shared.store, bucket, "key", bytesOf(1));
      const results = await Promise.allSettled([
        ...Array.from({ length: 6 }, (_, i) => putIf(bucket, bytesOf(10, i + 2), { revision })),
        shared.store.deleteObject({ bucket, key: "key", expect: { revision } }),
        ...(lacks.includes("any attributes")
          ? []
          : [shared.store.replaceAttributes({ bucket, key: "key", revision, attributes: attributesOf(9) })]),
      ]);
      expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    });

    test("a delete that expects a revision removes only that one", async () => {
      const bucket = await shared.newBucket();
      const { revision: first } = await put(shared.store, bucket, "key", bytesOf(1));
      const { revision: second } = await put(shared.store, bucket, "key", bytesOf(2));
      const remove = (expect: Expectation) => shared.store.deleteObject({ bucket, key: "key", expect });
      await expectCode(remove({ revision: first }), "PreconditionFailed");
      expect(await readObject(shared.store, bucket, "key")).toEqual(bytesOf(2));
      const removed = await remove({ revision: second });
      if (!lacks.includes("deleted records")) expect(removed?.revision).toBe(second);
      await expectCode(remove({ revision: second }), "PreconditionFailed");
    });

    test("a completion whose expectation fails leaves the object and the upload", async () => {
      const bucket = await shared.newBucket();
      const { store } = shared;
      const { revision } = await put(store, bucket, "key", bytesOf(1));
      const upload = await store.createUpload({ bucket, key: "key", metadata: {} });
      const part = await putPart(store, upload, 1, bytesOf(20));
      const complete = (expect: Expectation) =>
        store.completeUpload({ ...upload, parts: [part], attributes: attributesOf(20), expect });
      await expectCode(complete({ absent: true }), "PreconditionFailed");
      await expectCode(complete({ revision: `${revision}x` }), "PreconditionFailed");
      expect(await readObject(store, bucket, "key")).toEqual(bytesOf(1));
      await complete({ revision });
      expect(await readObject(store, bucket, "key")).toEqual(bytesOf(20));
    });
  });
}
