import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { listObjectVersions } from "../../../src/s3/operations/list-object-versions.ts";
import { childrenOf, childText, parseXml, type XmlNode } from "../../../src/xml/xml-parser.ts";
import { makeCall, replyBytes, replyText } from "../call.ts";
import { failure } from "../failure.ts";
import { seed, temporaryStore } from "../temporary-store.ts";

const { store, remove } = await temporaryStore();

beforeAll(async () => {
  await store.createBucket("photos");
  for (const key of ["a", "a/b", "a/c", "b+é", "z"]) await seed(store, "photos", key, { content: key });
});
afterAll(remove);

const call = (query: string, bucket = "photos") =>
  makeCall({ store, target: `/${bucket}?versions&${query}` });

async function list(query: string): Promise<XmlNode> {
  const reply = await listObjectVersions.run(call(`encoding-type=url&${query}`));
  expect(reply.status).toBe(200);
  return parseXml(await replyBytes(reply), "ListVersionsResult");
}

const keys = (page: XmlNode) => childrenOf(page, "Version").map((entry) => childText(entry, "Key"));
const prefixes = (page: XmlNode) =>
  childrenOf(page, "CommonPrefixes").map((entry) => childText(entry, "Prefix"));

describe("ListObjectVersions", () => {
  test("shows every object as the latest version of its key, by the name of null", async () => {
    const page = await list("");
    expect(keys(page)).toEqual(["a", "a/b", "a/c", "b%2B%C3%A9", "z"]);
    expect([childText(page, "Name"), childText(page, "MaxKeys"), childText(page, "IsTruncated")]).toEqual([
      "photos",
      "1000",
      "false",
    ]);
    const record = await store.head("photos", "a");
    const [first] = childrenOf(page, "Version");
    expect(first?.children.map(({ name, text }) => [name, text])).toEqual([
      ["Key", "a"],
      ["LastModified", new Date(record?.lastModified ?? 0).toISOString()],
      ["ETag", `"${record?.etag}"`],
      ["Size", "1"],
      ["StorageClass", "STANDARD"],
      ["Owner", ""],
      ["VersionId", "null"],
      ["IsLatest", "true"],
    ]);
  });

  test("groups by a delimiter below a prefix", async () => {
    const page = await list("delimiter=/");
    expect([keys(page), prefixes(page)]).toEqual([["a", "b%2B%C3%A9", "z"], ["a/"]]);
    expect(keys(await list("prefix=a/"))).toEqual(["a/b", "a/c"]);
  });

  test("reaches every key and prefix once through its markers", async () => {
    const seen: unknown[] = [];
    let markers = "";
    for (;;) {
      const page = await list(`delimiter=/&max-keys=1${markers}`);
      seen.push(...keys(page), ...prefixes(page));
      const next = childText(page, "NextKeyMarker");
      expect(childText(page, "IsTruncated")).toBe(String(next !== undefined));
      if (next === undefined) break;
      const version = childText(page, "NextVersionIdMarker");
      expect(version).toBe(next === "a/" ? undefined : "null");
      markers = `&key-marker=${next}${version === undefined ? "" : `&version-id-marker=${version}`}`;
    }
    expect(seen).toEqual(["a", "a/", "b%2B%C3%A9", "z"]);
  });

  test("refuses a version marker without a key, and one that no version has", async () => {
    for (const query of ["version-id-marker=null", "key-marker=a&version-id-marker=1"]) {
      expect((await failure(() => listObjectVersions.run(call(query)))).code).toBe("InvalidArgument");
    }
    expect(await replyText(await listObjectVersions.run(call("key-marker=b&version-id-marker=")))).toContain(
      "<Key>b+é</Key>",
    );
  });

  test("of a missing bucket is NoSuchBucket", async () => {
    expect((await failure(() => listObjectVersions.run(call("", "missing")))).code).toBe("NoSuchBucket");
  });
});
