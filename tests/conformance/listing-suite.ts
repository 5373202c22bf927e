import { beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ListQuery, ObjectPage } from "../../src/store/store.ts";
import { attributesOf, bodyOf, bytesOf, inByteOrder, type MakeStore, put, SharedStore } from "./fixture.ts";
import { type Limits, possibleKeys } from "./limits.ts";

/** Sorted by UTF-16 units, the emoji would come before U+FFFF; a delimiter is among them. */
const ALPHABET = ["a", "/", "-", "\u{1f600}", "\uffff"];
const ALL_KEYS = wordsUpTo(3, ALPHABET).concat([
  "b",
  "b\x01",
  "b\x01\x01",
  "b\x02",
  "\u{10ffff}",
  "\u{10ffff}/x",
  "c\0",
  "c\0\x02",
  "c\x01d",
  "c\x02e",
  "c\x02f/g",
]);

export function listingSuite(make: MakeStore, limits: Limits): void {
  const KEYS = possibleKeys(ALL_KEYS, limits);
  describe("listing", () => {
    const shared = new SharedStore(make);
    let bucket = "";
    beforeAll(async () => {
      bucket = await shared.newBucket();
      for (const key of KEYS) await put(shared.store, bucket, key, bytesOf(1));
    });

    const list = (query: Partial<ListQuery>) =>
      shared.store.listObjects({ bucket, prefix: "", delimiter: "", after: "", limit: 1000, ...query });

    const bucketOf = async (keys: readonly string[]) => {
      const few = await shared.newBucket();
      for (const key of keys) await put(shared.store, few, key, bytesOf(1));
      return few;
    };

    test("an empty bucket has an empty page", async () => {
      const empty = await shared.newBucket();
      expect(await list({ bucket: empty, delimiter: "/" })).toEqual({ objects: [], prefixes: [] });
    });

    test("an entry tells a storage class that is not STANDARD", async () => {
      const few = await bucketOf(["a"]);
      const metadata = { "x-amz-storage-class": "REDUCED_REDUNDANCY" };
      await shared.store.putObject({
        bucket: few,
        key: "b",
        body: bodyOf(bytesOf(1)),
        metadata: attributesOf(1, metadata).metadata,
        attributes: () => attributesOf(1, metadata),
      });
      const { objects } = await list({ bucket: few });
      expect(objects.map(({ storageClass }) => storageClass)).toEqual([undefined, "REDUCED_REDUNDANCY"]);
    });

    test("keys are in UTF-8 byte order", async () => {
      const page = await list({});
      expect(page.objects.map((object) => object.key)).toEqual([...KEYS].sort(inByteOrder));
      expect(page.next).toBeUndefined();
    });

    test("a common prefix that is given as `after` is behind us with its whole group", async () => {
      const few = await bucketOf(["a", "a-", "a--", "a-b/x", "a-b/y", "a-c", "a-d"]);
      const first = await list({ bucket: few, prefix: "a", delimiter: "/", limit: 4 });
      expect(first.objects.map((object) => object.key)).toEqual(["a", "a-", "a--"]);
      expect(first.prefixes).toEqual(["a-b/"]);
      expect(first.next).toBe("a-b/");
      const second = await list({ bucket: few, prefix: "a", delimiter: "/", limit: 1, after: "a-b/" });
      expect(second.objects.map((object) => object.key)).toEqual(["a-c"]);
    });

    test("a key within a group that is given as `after` leaves the rest of the group", async () => {
      const few = await bucketOf(["a/a", "a/b", "a/\u{1f600}", "b"]);
      const page = await list({ bucket: few, delimiter: "/", after: "a/", prefix: "", limit: 1 });
      expect(page.prefixes).toEqual([]);
      const within = await list({ bucket: few, delimiter: "/", after: "a/a", prefix: "", limit: 1 });
      expect(within.prefixes).toEqual(["a/"]);
      const pastAll = await list({ bucket: few, delimiter: "/", after: "a/\uffff~", limit: 1 });
      expect(pastAll.prefixes).toEqual(["a/"]);
    });

    test("a page that is just full has no next one", async () => {
      const few = await bucketOf(["a/1", "a/2", "a/3/4", "a/5", "b"]);
      expect((await list({ bucket: few, prefix: "a/", limit: 4 })).next).toBeUndefined();
      expect((await list({ bucket: few, prefix: "a/", limit: 3 })).next).toBe("a/3/4");
      for (const limit of [4, 1000]) {
        expect((await list({ bucket: few, prefix: "a/", delimiter: "/", limit })).next).toBeUndefined();
      }
    });

    test("every query answers like a walk over all keys", async () => {
      await fc.assert(
        fc.asyncProperty(queries(), async (query) => {
          expect(shown(await list(query))).toEqual(expectedPage(KEYS, query));
        }),
        { numRuns: 400 },
      );
    });

    test("pages put together are the listing in one", async () => {
      await fc.assert(
        fc.asyncProperty(queries(), async (query) => {
          const whole = expectedPage(KEYS, { ...query, limit: 1000 });
          const objects: string[] = [];
          const prefixes: string[] = [];
          let after = query.after;
          while (true) {
            const page = await list({ ...query, after });
            objects.push(...page.objects.map((object) => object.key));
            prefixes.push(...page.prefixes);
            expect(page.objects.length + page.prefixes.length).toBeLessThanOrEqual(query.limit);
            if (page.next === undefined) break;
            after = page.next;
          }
          expect({ objects, prefixes }).toEqual({
            objects: [...whole.objects],
            prefixes: [...whole.prefixes],
          });
        }),
        { numRuns: 40 },
      );
    });

    test("many groups of many keys are listed completely", async () => {
      const many = await shared.newBucket();
      const keys = Array.from({ length: 30 }, (_, i) => i).flatMap((group) =>
        group % 5 === 0 ? [`k${100 + group}`] : Array.from({ length: 9 }, (_, i) => `k${100 + group}/${i}`)
      );
      await Promise.all(keys.map((key) => put(shared.store, many, key, bytesOf(1))));
      for (const limit of [1, 2, 7, 24, 30, 31]) {
        const query = { prefix: "", delimiter: "/", after: "", limit };
        expect(shown(await list({ bucket: many, ...query }))).toEqual(expectedPage(keys, query));
      }
    });

    test("a delimiter is found only where a key has it, also among control characters", async () => {
      const many = await shared.newBucket();
      const endings = ["\0", "\x01", "\x02", "\0\x02", "\x01a", "/\x02", "\u{10ffff}a"];
      const keys = possibleKeys(
        Array.from({ length: 25 }, (_, i) => endings.map((ending) => `k${100 + i}${ending}`)).flat(),
        limits,
      );
      await Promise.all(keys.map((key) => put(shared.store, many, key, bytesOf(1))));
      for (const delimiter of ["\0", "\x01", "\x02", "/", "\u{10ffff}"]) {
        for (const limit of [2, 40, 1000]) {
          const query = { prefix: "", delimiter, after: "", limit };
          expect(shown(await list({ bucket: many, ...query }))).toEqual(expectedPage(keys, query));
        }
      }
      const folding = keys.filter((key) => key.includes("\x02") || key.includes("\x01"));
      const only = await shared.newBucket();
      await Promise.all(folding.map((key) => put(shared.store, only, key, bytesOf(1))));
      const query = { prefix: "", delimiter: "\x02", after: "", limit: 1000 };
      expect(shown(await list({ bucket: only, ...query }))).toEqual(expectedPage(folding, query));
    });

    test("a listing follows writes and deletes at once", async () => {
      const changing = await shared.newBucket();
      await put(shared.store, changing, "a", bytesOf(1));
      await put(shared.store, changing, "b", bytesOf(100_000));
      await put(shared.store, changing, "b", bytesOf(2));
      await shared.store.deleteObject({ bucket: changing, key: "a" });
      const page = await list({ bucket: changing });
      expect(page.objects.map((object) => [object.key, object.size])).toEqual([["b", 2]]);
    });
  });
}

type Query = Omit<ListQuery, "bucket">;

interface Shown {
  readonly objects: readonly string[];
  readonly prefixes: readonly string[];
  readonly next: string | undefined;
}

function queries(): fc.Arbitrary<Query> {
  const word = fc.array(fc.constantFrom(...ALPHABET), { maxLength: 3 }).map((letters) => letters.join(""));
  return fc.record({
    prefix: word,
    delimiter: fc.constantFrom(
      "",
      "/",
      "/",
      "-",
      "\u{1f600}",
      "//",
      "/a",
      "\0",
      "\x01",
      "\x02",
      "\u{10ffff}",
    ),
    after: fc.oneof(word, word, fc.constantFrom(...ALL_KEYS, "\0", "zz", "\u{10ffff}\u{10ffff}")),
    limit: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(20, 1000)),
  });
}

function shown(page: ObjectPage): Shown {
  return { objects: page.objects.map((object) => object.key), prefixes: page.prefixes, next: page.next };
}

/** The page by the words of the contract: look at every key. */
function expectedPage(keys: readonly string[], query: Query): Shown {
  const { prefix, delimiter, after, limit } = query;
  const entries: { readonly name: string; readonly isPrefix: boolean }[] = [];
  for (const key of [...keys].sort(inByteOrder)) {
    if (!key.startsWith(prefix) || (after !== "" && inByteOrder(key, after) <= 0)) continue;
    const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const name = at < 0 ? key : key.slice(0, at + delimiter.length);
    const isPrefix = at >= 0;
    if (isPrefix && (name === after || entries.at(-1)?.name === name)) continue;
    entries.push({ name, isPrefix });
  }
  const page = entries.slice(0, limit);
  return {
    objects: page.filter((entry) => !entry.isPrefix).map((entry) => entry.name),
    prefixes: page.filter((entry) => entry.isPrefix).map((entry) => entry.name),
    next: entries.length > limit ? page.at(-1)?.name : undefined,
  };
}

function wordsUpTo(length: number, letters: readonly string[]): string[] {
  let words = [""];
  const all: string[] = [];
  for (let i = 0; i < length; i++) {
    words = words.flatMap((word) => letters.map((letter) => word + letter));
    all.push(...words);
  }
  return all;
}
