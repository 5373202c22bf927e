import { beforeAll, describe, expect, test } from "bun:test";
import type { UploadListQuery, UploadRecord } from "../../src/store/store.ts";
import { inByteOrder, type MakeStore, SharedStore } from "./fixture.ts";
import type { Limits } from "./limits.ts";

const KEYS = ["a", "a/b", "a/b", "a/c/d", "b", "b", "b", "b\x01", "c/", "\uffff", "\u{1f600}", "\u{1f600}/x"];

export function uploadListingSuite(make: MakeStore, limits: Limits): void {
  // A directory can hold no bytes.
  const keys = KEYS.filter((key) => !limits.keysArePaths || !key.endsWith("/"));
  describe("listing uploads", () => {
    const shared = new SharedStore(make);
    const uploads: UploadRecord[] = [];
    let bucket = "";
    beforeAll(async () => {
      bucket = await shared.newBucket();
      // Keys in turn, so that initiation order differs from key order.
      for (const key of [...keys].reverse()) {
        uploads.push(
          await shared.store.createUpload({
            bucket,
            key,
            metadata: { "X-Amz-Meta-K": encodeURIComponent(key) },
          }),
        );
      }
      const initiated = [...uploads];
      uploads.sort((a, b) => inByteOrder(a.key, b.key) || initiated.indexOf(a) - initiated.indexOf(b));
    });

    const list = (query: Partial<UploadListQuery>) =>
      shared.store.listUploads({
        bucket,
        prefix: "",
        delimiter: "",
        afterKey: "",
        afterUploadId: "",
        limit: 1000,
        ...query,
      });

    test("uploads are listed by key, then by time of initiation", async () => {
      expect(named((await list({})).uploads)).toEqual(named(uploads));
      expect((await list({})).next).toBeUndefined();
    });

    test("only uploads of the prefix are listed, and groups are folded", async () => {
      expect((await list({ prefix: "a/" })).uploads.map((upload) => upload.key)).toEqual([
        "a/b",
        "a/b",
        "a/c/d",
      ]);
      const folded = await list({ delimiter: "/" });
      expect(folded.prefixes).toEqual(["a/", ...keys.includes("c/") ? ["c/"] : [], "\u{1f600}/"]);
      expect(folded.uploads.map((upload) => upload.key)).toEqual([
        "a",
        "b",
        "b",
        "b",
        "b\x01",
        "\uffff",
        "\u{1f600}",
      ]);
    });

    test("a key marker alone skips all uploads of its key, with an upload id only the earlier", async () => {
      expect((await list({ afterKey: "b" })).uploads[0]?.key).toBe("b\x01");
      const [first, second, third] = uploads.filter((upload) => upload.key === "b");
      const page = await list({ afterKey: "b", afterUploadId: first?.uploadId ?? "" });
      expect(named(page.uploads.slice(0, 2))).toEqual(
        named([second, third].flatMap((upload) => upload ?? [])),
      );
    });

    test("a key marker before or behind the prefix", async () => {
      expect((await list({ prefix: "b", afterKey: "a" })).uploads).toHaveLength(4);
      expect((await list({ prefix: "b", afterKey: "a", afterUploadId: "zzz" })).uploads).toHaveLength(4);
      expect((await list({ prefix: "b", afterKey: "c" })).uploads).toEqual([]);
    });

    test.each([1, 2, 3, 5, 11, 12])("pages of %d put together are the listing in one", async (limit) => {
      for (const delimiter of ["", "/"]) {
        const whole = await list({ delimiter });
        const collected: UploadRecord[] = [];
        const prefixes: string[] = [];
        let marker = { afterKey: "", afterUploadId: "" };
        while (true) {
          const page = await list({ delimiter, limit, ...marker });
          expect(page.uploads.length + page.prefixes.length).toBeLessThanOrEqual(limit);
          collected.push(...page.uploads);
          prefixes.push(...page.prefixes);
          if (page.next === undefined) break;
          marker = { afterKey: page.next.key, afterUploadId: page.next.uploadId };
        }
        expect(collected).toEqual([...whole.uploads]);
        expect(prefixes).toEqual([...whole.prefixes]);
      }
    });

    test("paging goes on when the upload of the marker has ended", async () => {
      const other = await shared.newBucket();
      const [one, two] = [
        await shared.store.createUpload({ bucket: other, key: "k", metadata: {} }),
        await shared.store.createUpload({ bucket: other, key: "k", metadata: {} }),
      ];
      const page = await list({ bucket: other, limit: 1 });
      expect(named(page.uploads)).toEqual(named([one]));
      await shared.store.abortUpload(one);
      const rest = await list({
        bucket: other,
        afterKey: page.next?.key ?? "",
        afterUploadId: page.next?.uploadId ?? "",
      });
      expect(named(rest.uploads)).toEqual(named([two]));
    });
  });
}

function named(uploads: readonly UploadRecord[]): string[][] {
  return uploads.map(({ bucket, key, uploadId }) => [bucket, key, uploadId]);
}
