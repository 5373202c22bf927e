import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import type { PartRecord } from "../../src/store/store.ts";
import {
  attributesOf,
  bodyOf,
  bytesOf,
  expectCode,
  failingBody,
  type Lack,
  type MakeStore,
  METADATA,
  put,
  putPart,
  readObject,
  SharedStore,
} from "./fixture.ts";

export function uploadSuite(make: MakeStore, lacks: readonly Lack[] = []): void {
  describe("multipart uploads", () => {
    const shared = new SharedStore(make);

    const newUpload = async (key = "key") => {
      const bucket = await shared.newBucket();
      return await shared.store.createUpload({ bucket, key, metadata: METADATA });
    };

    test.skipIf(lacks.includes("any attributes"))("an upload keeps what it was begun with", async () => {
      const bucket = await shared.newBucket();
      const before = Date.now();
      const begun = {
        bucket,
        key: "key",
        metadata: { "content-type": "text/plain", "X-Amz-Meta-A": "\u00e9" },
        checksum: { algorithm: "SHA1", type: "COMPOSITE" },
      } as const;
      const upload = await shared.store.createUpload(begun);
      expect(upload).toMatchObject(begun);
      expect(upload.initiatedAt).toBeGreaterThan(before - 2000);
      expect(await shared.store.getUpload(upload)).toEqual(upload);
      expect(await shared.store.head(bucket, "key")).toBeUndefined();
    });

    test.skipIf(lacks.includes("any attributes"))(
      "the metadata of an upload is replaced, its parts stay",
      async () => {
        const upload = await newUpload();
        const part = await putPart(shared.store, upload, 1, bytesOf(70_000));
        const metadata = { "content-type": "text/css", "X-Amz-Meta-A": "\u00e9" };
        const changed = await shared.store.replaceUploadMetadata(upload, metadata);
        expect(changed).toEqual({ ...upload, metadata });
        expect(await shared.store.getUpload(upload)).toEqual(changed);
        const { parts } = await shared.store.listParts(upload, { after: 0, limit: 10 });
        expect(undated(parts)).toEqual(undated([part]));
        await shared.store.abortUpload(upload);
        await expectCode(shared.store.replaceUploadMetadata(upload, metadata), "NoSuchUpload");
      },
    );

    test.skipIf(lacks.includes("any attributes"))("an upload is known by an id with its mark", async () => {
      const bucket = await shared.newBucket();
      const metadata = { ...METADATA, "X-Minio-Internal-Server-Side-Encryption-Iv": "" };
      const upload = await shared.store.createUpload({ bucket, key: "key", metadata, idMark: "~mark" });
      expect(upload.uploadId).toMatch(/.~mark$/);
      const part = await putPart(shared.store, upload, 1, bytesOf(300));
      expect(await shared.store.getUpload(upload)).toEqual(upload);
      const page = await shared.store.listUploads({
        bucket,
        prefix: "",
        delimiter: "",
        afterKey: "",
        afterUploadId: "",
        limit: 9,
      });
      expect(page.uploads.map(({ uploadId }) => uploadId)).toEqual([upload.uploadId]);
      const attributes = { ...attributesOf(300), metadata };
      const record = await shared.store.completeUpload({ ...upload, parts: [part], attributes });
      expect(record.uploadId).toBe(upload.uploadId);
      expect(await readObject(shared.store, bucket, "key")).toEqual(bytesOf(300));
    });

    test("an upload is found only under its own bucket, key and id", async () => {
      const upload = await newUpload();
      const other = await shared.newBucket();
      const ids = [
        { ...upload, key: "other" },
        { ...upload, bucket: other },
        { ...upload, uploadId: `${upload.uploadId}x` },
        { ...upload, uploadId: "" },
        { ...upload, uploadId: "../.." },
        { ...upload, uploadId: "a\0b" },
      ];
      for (const id of ids) {
        await expectCode(shared.store.getUpload(id), "NoSuchUpload");
        await expectCode(putPart(shared.store, id, 1, bytesOf(1)), "NoSuchUpload");
        await expectCode(shared.store.listParts(id, { after: 0, limit: 1 }), "NoSuchUpload");
        await expectCode(shared.store.abortUpload(id), "NoSuchUpload");
        await expectCode(
          shared.store.completeUpload({
            ...id,
            parts: [{ number: 1, revision: "x" }],
            attributes: attributesOf(0),
          }),
          "NoSuchUpload",
        );
      }
      const { bucket, key, uploadId } = upload;
      expect(await shared.store.getUpload(upload)).toMatchObject({ bucket, key, uploadId });
    });

    test.skipIf(lacks.includes("small parts"))(
      "parts become the object in the order chosen, the others go",
      async () => {
        const upload = await newUpload();
        const { store } = shared;
        const sizes = [100_000, 5, 70_000, 9];
        const parts = [];
        for (const [i, size] of sizes.entries()) {
          parts.push(await putPart(store, upload, i + 1, bytesOf(size, i)));
        }
        const chosen = parts.filter((part) => part.number !== 2);
        const attributes = { ...attributesOf(170_009, { "content-type": "a/b" }), etag: "abc-3" };
        const record = await store.completeUpload({ ...upload, parts: chosen, attributes });

        expect(record).toMatchObject({ ...attributes, storedSize: 170_009, uploadId: upload.uploadId });
        expect(record.parts).toEqual(chosen.map(({ number, size, storedSize, etag }) => ({
          number,
          size,
          storedSize,
          etag,
        })));
        expect(await store.head(upload.bucket, "key")).toEqual(record);
        const whole = Buffer.concat([bytesOf(100_000, 0), bytesOf(70_000, 2), bytesOf(9, 3)]);
        expect((await readObject(store, upload.bucket, "key"))?.equals(whole)).toBe(true);
        await expectCode(store.getUpload(upload), "NoSuchUpload");
      },
    );

    test.skipIf(lacks.includes("any attributes"))(
      "a part keeps its sizes, ETag and checksum, in the upload and in the object",
      async () => {
        const upload = await newUpload();
        const part = await shared.store.putPart({
          ...upload,
          partNumber: 10_000,
          body: bodyOf(bytesOf(39)),
          storedSize: 39,
          attributes: () => Promise.resolve({ size: 7, etag: "e", checksum: "AAAA" }),
        });
        expect(part).toMatchObject({ number: 10_000, size: 7, storedSize: 39, etag: "e", checksum: "AAAA" });
        const { parts } = await shared.store.listParts(upload, { after: 0, limit: 10 });
        expect(undated(parts)).toEqual(undated([part]));
        const record = await shared.store.completeUpload({
          ...upload,
          parts: [part],
          attributes: {
            ...attributesOf(7),
            checksum: { algorithm: "CRC32", type: "COMPOSITE", value: "AAAA-1" },
          },
        });
        const expected = { number: 10_000, size: 7, storedSize: 39, etag: "e", checksum: "AAAA" };
        expect(record.parts).toEqual([expected]);
        expect(await shared.store.head(upload.bucket, "key")).toEqual(record);
        const replaced = await shared.store.replaceAttributes({
          bucket: upload.bucket,
          key: "key",
          revision: record.revision,
          attributes: attributesOf(7, { "content-type": "a/b" }),
        });
        expect(replaced.parts).toEqual([expected]);
        expect(replaced.uploadId).toBe(upload.uploadId);
      },
    );

    test("a part that is uploaded again replaces the first, whose revision is void", async () => {
      const upload = await newUpload();
      const first = await putPart(shared.store, upload, 1, bytesOf(100, 1));
      const second = await putPart(shared.store, upload, 1, bytesOf(100, 2));
      expect(second.revision).not.toBe(first.revision);
      const { parts } = await shared.store.listParts(upload, { after: 0, limit: 10 });
      expect(undated(parts)).toEqual(undated([second]));
      const complete = (part: { number: number; revision: string }) =>
        shared.store.completeUpload({ ...upload, parts: [part], attributes: attributesOf(100) });
      await expectCode(complete(first), "InvalidPart");
      await expectCode(complete({ ...second, number: 2 }), "InvalidPart");
      await complete(second);
      expect(await readObject(shared.store, upload.bucket, "key")).toEqual(bytesOf(100, 2));
    });

    test("a part whose body or attributes fail leaves the part that was there", async () => {
      const upload = await newUpload();
      const first = await putPart(shared.store, upload, 1, bytesOf(100));
      const failure = new Error("the client went away");
      const attributes = () => ({ size: 1, etag: "e" });
      await expect(
        shared.store.putPart({
          ...upload,
          partNumber: 1,
          body: failingBody(bytesOf(200_000), failure),
          attributes,
        }),
      ).rejects.toBe(failure);
      await expect(
        shared.store.putPart({
          ...upload,
          partNumber: 1,
          body: bodyOf(bytesOf(5)),
          attributes: () => Promise.reject(failure),
        }),
      ).rejects.toBe(failure);
      const { parts } = await shared.store.listParts(upload, { after: 0, limit: 10 });
      expect(undated(parts)).toEqual(undated([first]));
    });

    test("parts are listed by number, in pages", async () => {
      const upload = await newUpload();
      for (const number of [10, 2, 1, 300, 9]) await putPart(shared.store, upload, number, bytesOf(number));
      const first = await shared.store.listParts(upload, { after: 0, limit: 3 });
      expect(first.parts.map((part) => part.number)).toEqual([1, 2, 9]);
      expect(first.truncated).toBe(true);
      const second = await shared.store.listParts(upload, { after: 9, limit: 2 });
      expect(second.parts.map((part) => part.number)).toEqual([10, 300]);
      expect(second.truncated).toBe(false);
    });

    test("an aborted upload is gone with its parts and leaves the object", async () => {
      const upload = await newUpload();
      await put(shared.store, upload.bucket, "key", bytesOf(5));
      const part = await putPart(shared.store, upload, 1, bytesOf(100_000));
      await shared.store.abortUpload(upload);
      await expectCode(shared.store.abortUpload(upload), "NoSuchUpload");
      await expectCode(
        shared.store.completeUpload({ ...upload, parts: [part], attributes: attributesOf(1) }),
        "NoSuchUpload",
      );
      expect(await readObject(shared.store, upload.bucket, "key")).toEqual(bytesOf(5));
    });

    test("a part that arrives while its upload ends fails with NoSuchUpload", async () => {
      for (const end of ["abort", "complete"] as const) {
        const upload = await newUpload();
        const done = await putPart(shared.store, upload, 1, bytesOf(10));
        const late = shared.store.putPart({
          ...upload,
          partNumber: 2,
          body: (async function* () {
            yield bytesOf(100_000);
            if (end === "abort") await shared.store.abortUpload(upload);
            else {
              await shared.store.completeUpload({ ...upload, parts: [done], attributes: attributesOf(10) });
            }
            yield bytesOf(100_000);
          })(),
          attributes: () => ({ size: 200_000, etag: "e" }),
        });
        await expectCode(late, "NoSuchUpload");
        const object = await readObject(shared.store, upload.bucket, "key");
        expect(object).toEqual(end === "abort" ? undefined : bytesOf(10));
      }
    });

    test.skipIf(lacks.includes("one completion"))(
      "of several completions at once, one succeeds",
      async () => {
        const upload = await newUpload();
        const part = await putPart(shared.store, upload, 1, bytesOf(10));
        const results = await Promise.allSettled(
          Array.from(
            { length: 4 },
            () => shared.store.completeUpload({ ...upload, parts: [part], attributes: attributesOf(10) }),
          ),
        );
        expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
        for (const result of results) {
          if (result.status === "rejected") expect(result.reason).toHaveProperty("code", "NoSuchUpload");
        }
        expect(await readObject(shared.store, upload.bucket, "key")).toEqual(bytesOf(10));
      },
    );

    test.skipIf(lacks.includes("small parts"))("parts that arrive at once are all kept", async () => {
      const upload = await newUpload();
      const parts = await Promise.all(
        Array.from({ length: 12 }, (_, i) => putPart(shared.store, upload, i + 1, bytesOf(50_000, i))),
      );
      await shared.store.completeUpload({ ...upload, parts, attributes: attributesOf(600_000) });
      const whole = Buffer.concat(parts.map((_, i) => bytesOf(50_000, i)));
      expect((await readObject(shared.store, upload.bucket, "key"))?.equals(whole)).toBe(true);
    });

    test("two uploads of one key do not meet", async () => {
      const one = await newUpload();
      const other = await shared.store.createUpload({ bucket: one.bucket, key: "key", metadata: {} });
      expect(other.uploadId).not.toBe(one.uploadId);
      const part = await putPart(shared.store, one, 1, bytesOf(10, 1));
      await putPart(shared.store, other, 1, bytesOf(10, 2));
      await shared.store.completeUpload({ ...one, parts: [part], attributes: attributesOf(10) });
      const left = await shared.store.listParts(other, { after: 0, limit: 10 });
      expect(left.parts).toHaveLength(1);
      expect(await readObject(shared.store, one.bucket, "key")).toEqual(bytesOf(10, 1));
    });

    test("a multipart object is replaced and deleted like any other", async () => {
      const upload = await newUpload();
      const { bucket, key } = upload;
      const part = await putPart(shared.store, upload, 1, bytesOf(100_000));
      await shared.store.completeUpload({ ...upload, parts: [part], attributes: attributesOf(100_000) });
      const record = await put(shared.store, bucket, key, bytesOf(3));
      expect(record.parts).toEqual([]);
      expect(await shared.store.head(bucket, key)).toMatchObject({ size: 3, etag: record.etag });
      await shared.store.deleteObject({ bucket, key });
      expect(await shared.store.head(bucket, key)).toBeUndefined();
    });
  });
}

/** Without the time, which a remote store may tell in whole seconds at first. */
function undated(parts: readonly PartRecord[]): Omit<PartRecord, "lastModified">[] {
  return parts.map(({ lastModified: _time, ...part }) => part);
}
