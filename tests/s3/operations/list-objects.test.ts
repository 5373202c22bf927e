import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Operation } from "../../../src/s3/operation.ts";
import { listObjectsV2 } from "../../../src/s3/operations/list-objects-v2.ts";
import { listObjects } from "../../../src/s3/operations/list-objects.ts";
import { childOf, childrenOf, childText, parseXml, type XmlNode } from "../../../src/xml/xml-parser.ts";
import { plainSse } from "../plain-sse.ts";
import { type CallSketch, makeCall, replyBytes, replyText } from "../call.ts";
import { failure } from "../failure.ts";
import { seed, temporaryStore } from "../temporary-store.ts";

const KEYS = ["a", "a/b", "a/c/d", "b c+é", "b&<>", "c\u0001", "z/1", "z/2"];
const { store, remove } = await temporaryStore();

beforeAll(async () => {
  await store.createBucket("photos");
  await store.createBucket("empty");
  for (const key of KEYS) await seed(store, "photos", key, { content: key, etag: "e".repeat(32) });
});
afterAll(remove);

function call(query: string, sketch: Partial<CallSketch> = {}) {
  return makeCall({ store, target: `/photos?${query}`, ...sketch });
}

async function list(operation: Operation, query: string, sketch: Partial<CallSketch> = {}): Promise<XmlNode> {
  const reply = await operation.run(call(query, sketch));
  expect(reply.status).toBe(200);
  expect(reply.headers["Content-Type"]).toBe("application/xml");
  return parseXml(await replyBytes(reply), "ListBucketResult");
}

const v1 = (query: string, sketch?: Partial<CallSketch>) =>
  list(listObjects, `encoding-type=url&${query}`, sketch);
const v2 = (query: string, sketch?: Partial<CallSketch>) =>
  list(listObjectsV2, `list-type=2&encoding-type=url&${query}`, sketch);

const keys = (page: XmlNode) =>
  childrenOf(page, "Contents").map((entry) => decodeURIComponent(childText(entry, "Key") ?? ""));
const prefixes = (page: XmlNode) =>
  childrenOf(page, "CommonPrefixes").map((entry) => decodeURIComponent(childText(entry, "Prefix") ?? ""));

for (const [name, read] of Object.entries({ ListObjects: v1, ListObjectsV2: v2 })) {
  describe(name, () => {
    test("lists every key in byte order, with size, date and quoted ETag", async () => {
      const page = await read("");
      expect(keys(page)).toEqual(KEYS);
      expect(childText(page, "Name")).toBe("photos");
      expect(childText(page, "MaxKeys")).toBe("1000");
      expect(childText(page, "IsTruncated")).toBe("false");
      const [first] = childrenOf(page, "Contents");
      const record = await store.head("photos", "a");
      expect(first?.children.slice(1, 5).map(({ name, text }) => [name, text])).toEqual([
        ["LastModified", new Date(record?.lastModified ?? 0).toISOString()],
        ["ETag", `"${"e".repeat(32)}"`],
        ["Size", "1"],
        ["StorageClass", "STANDARD"],
      ]);
    });

    test("groups keys by the delimiter, which may be any string", async () => {
      const page = await read("delimiter=/");
      expect(keys(page)).toEqual(["a", "b c+é", "b&<>", "c\u0001"]);
      expect(prefixes(page)).toEqual(["a/", "z/"]);
      expect(childText(page, "Delimiter")).toBe("/");
      expect(prefixes(await read("delimiter=%20c%2B"))).toEqual(["b c+"]);
    });

    test("lists below a prefix", async () => {
      const page = await read("prefix=a/&delimiter=/");
      expect([keys(page), prefixes(page), childText(page, "Prefix")]).toEqual([["a/b"], ["a/c/"], "a/"]);
      expect(keys(await read("prefix=nothing"))).toEqual([]);
    });

    test("without a delimiter names none", async () => {
      expect(childOf(await read("delimiter="), "Delimiter")).toBeUndefined();
    });

    test("of no keys at all is not truncated", async () => {
      const page = await read("max-keys=0");
      expect([keys(page), childText(page, "IsTruncated"), childText(page, "MaxKeys")]).toEqual([
        [],
        "false",
        "0",
      ]);
    });

    test("cuts a page size beyond 1000 down", async () => {
      expect(childText(await read("max-keys=5000"), "MaxKeys")).toBe("1000");
    });

    test("shows ETags as the encryption step sees them", async () => {
      const sse = {
        ...plainSse(),
        listedEtags: async (objects: readonly unknown[]) => objects.map((_, i) => `e${i}`),
      };
      const page = await read("", { sse });
      expect(childrenOf(page, "Contents").map((entry) => childText(entry, "ETag"))).toEqual(
        KEYS.map((_, i) => `"e${i}"`),
      );
    });

    test("of an empty bucket is empty, of a missing one NoSuchBucket", async () => {
      expect(keys(await read("", { target: name === "ListObjects" ? "/empty" : "/empty?list-type=2" })))
        .toEqual([]);
      for (const query of ["", "&max-keys=0"]) {
        const operation = name === "ListObjects" ? listObjects : listObjectsV2;
        const target = name === "ListObjects" ? `/missing?${query}` : `/missing?list-type=2${query}`;
        expect((await failure(() => operation.run(makeCall({ store, target })))).code).toBe("NoSuchBucket");
      }
    });

    test("refuses page sizes and encodings that are none", async () => {
      for (const query of ["max-keys=-1", "max-keys=x", "encoding-type=base64", "prefix=a&prefix=b"]) {
        const run = () =>
          (name === "ListObjects" ? listObjects : listObjectsV2).run(call(`list-type=2&${query}`));
        expect((await failure(run)).code).toBe("InvalidArgument");
      }
    });
  });
}

describe("ListObjects", () => {
  test("reaches every key and prefix once, whatever the page size", async () => {
    for (const size of [1, 2, 3]) {
      const seen: string[] = [];
      let marker: string | undefined = "";
      while (marker !== undefined) {
        const page = await v1(`delimiter=/&max-keys=${size}&marker=${marker}`);
        const found = [...keys(page), ...prefixes(page)];
        expect(found.length).toBeLessThanOrEqual(size);
        expect(childText(page, "Marker")).toBe(marker);
        seen.push(...found);
        marker = childText(page, "NextMarker");
        expect(childText(page, "IsTruncated")).toBe(String(marker !== undefined));
      }
      expect(seen.toSorted()).toEqual(["a", "a/", "b c+é", "b&<>", "c\u0001", "z/"].toSorted());
    }
  });

  test("tells the owner of every object", async () => {
    const [entry] = childrenOf(await v1("max-keys=1"), "Contents");
    const owner = entry && childOf(entry, "Owner");
    expect(owner && childText(owner, "DisplayName")).toBe("minio");
  });

  test("writes keys as they are when no encoding is asked for", async () => {
    const text = await replyText(await listObjects.run(call("marker=b")));
    expect(text).toContain("<Key>b c+é</Key>");
    expect(text).toContain("<Key>b&amp;&lt;&gt;</Key>");
    expect(text).toContain("<Key>c&#x1;</Key>");
    expect(text).not.toContain("EncodingType");
  });

  test("refuses a list-type that is not 2", async () => {
    for (const query of ["list-type=1", "list-type=", "list-type=3"]) {
      expect((await failure(() => listObjects.run(call(query)))).code).toBe("InvalidArgument");
    }
  });
});

describe("ListObjectsV2", () => {
  test("reaches every key once through its tokens, and counts what it lists", async () => {
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page: XmlNode = await v2(
        `max-keys=3${token === undefined ? "" : `&continuation-token=${token}`}`,
      );
      seen.push(...keys(page));
      expect(childText(page, "KeyCount")).toBe(String(keys(page).length));
      expect(childText(page, "ContinuationToken")).toBe(token);
      token = childText(page, "NextContinuationToken");
      expect(childText(page, "IsTruncated")).toBe(String(token !== undefined));
    } while (token !== undefined);
    expect(seen).toEqual(KEYS);
  });

  test("counts common prefixes too, and goes on behind one", async () => {
    const page = await v2("delimiter=/&max-keys=2");
    expect([keys(page), prefixes(page), childText(page, "KeyCount")]).toEqual([["a"], ["a/"], "2"]);
    const next = await v2(`delimiter=/&continuation-token=${childText(page, "NextContinuationToken")}`);
    expect(prefixes(next)).toEqual(["z/"]);
  });

  test("starts after a key, unless a token says where", async () => {
    expect(keys(await v2("start-after=b%26%3C%3E"))).toEqual(["c\u0001", "z/1", "z/2"]);
    const token = childText(await v2("max-keys=1"), "NextContinuationToken");
    const page = await v2(`start-after=z/1&continuation-token=${token}`);
    expect(keys(page)).toEqual(KEYS.slice(1));
    expect(childText(page, "StartAfter")).toBe("z/1");
  });

  test("tells the owner only when asked", async () => {
    const owners = async (query: string) =>
      childrenOf(await v2(query), "Contents").filter((entry) => childOf(entry, "Owner") !== undefined).length;
    expect([await owners(""), await owners("fetch-owner=false"), await owners("fetch-owner=true")]).toEqual(
      [0, 0, KEYS.length],
    );
  });

  test("encodes prefix, delimiter and start, but not the token", async () => {
    const page = await v2("prefix=b%20c&delimiter=%2B&start-after=%01");
    expect(childText(page, "EncodingType")).toBe("url");
    expect(childText(page, "Prefix")).toBe("b%20c");
    expect(childText(page, "Delimiter")).toBe("%2B");
    expect(childText(page, "StartAfter")).toBe("%01");
    expect(childrenOf(page, "CommonPrefixes").map((entry) => childText(entry, "Prefix"))).toEqual([
      "b%20c%2B",
    ]);
  });

  test("refuses an empty token and one that it never gave", async () => {
    for (const token of ["", "key", "AQ"]) {
      const run = () => listObjectsV2.run(call(`list-type=2&continuation-token=${token}`));
      expect((await failure(run)).message).toBe("The continuation token provided is incorrect");
    }
  });
});
