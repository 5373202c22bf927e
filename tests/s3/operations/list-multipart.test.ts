import { expect, test } from "bun:test";
import { isoDate } from "../../../src/s3/dates.ts";
import { listMultipartUploads } from "../../../src/s3/operations/list-multipart-uploads.ts";
import { listParts } from "../../../src/s3/operations/list-parts.ts";
import { OWNER_ID, OWNER_NAME } from "../../../src/s3/owner.ts";
import { childOf, childrenOf, childText, parseXml, type XmlNode } from "../../../src/xml/xml-parser.ts";
import { PLAIN_PARTS } from "../../../src/sse/plain.ts";
import { plainSse } from "../plain-sse.ts";
import { md5, openUploads, type Uploads } from "../upload-fixture.ts";

/** An element as an object of texts and objects. */
function texts(node: XmlNode): unknown {
  return node.children.length === 0
    ? node.text
    : Object.fromEntries(node.children.map((child) => [child.name, texts(child)]));
}

const OWNER = { ID: OWNER_ID, DisplayName: OWNER_NAME };

async function partsPage(uploads: Uploads, id: string, query = "", extra = {}): Promise<XmlNode> {
  const answer = await uploads.run(listParts, { target: `/box/key?uploadId=${id}${query}`, ...extra });
  expect([answer.status, answer.headers["Content-Type"]]).toEqual([200, "application/xml"]);
  return parseXml(answer.bytes, "ListPartsResult");
}

async function uploadsPage(uploads: Uploads, query = ""): Promise<XmlNode> {
  const answer = await uploads.run(listMultipartUploads, { target: `/box?uploads${query}` });
  expect([answer.status, answer.headers["Content-Type"]]).toEqual([200, "application/xml"]);
  return parseXml(answer.bytes, "ListMultipartUploadsResult");
}

const numbers = (page: XmlNode) =>
  childrenOf(page, "Part").map((part) => Number(childText(part, "PartNumber")));

test("ListParts tells everything of an upload and its parts", async () => {
  await using uploads = await openUploads();
  const id = await uploads.begin("key", {
    headers: { "x-amz-checksum-algorithm": "CRC32", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
  });
  await uploads.part("key", id, 3, "123456789");
  const { parts: [part] } = await uploads.store.listParts({ bucket: "box", key: "key", uploadId: id }, {
    after: 0,
    limit: 1,
  });
  expect(texts(await partsPage(uploads, id))).toEqual({
    Bucket: "box",
    Key: "key",
    UploadId: id,
    Initiator: OWNER,
    Owner: OWNER,
    StorageClass: "REDUCED_REDUNDANCY",
    PartNumberMarker: "0",
    NextPartNumberMarker: "3",
    MaxParts: "1000",
    IsTruncated: "false",
    ChecksumAlgorithm: "CRC32",
    ChecksumType: "COMPOSITE",
    Part: {
      PartNumber: "3",
      LastModified: isoDate(part?.lastModified ?? 0),
      ETag: `"${md5("123456789")}"`,
      Size: "9",
      // The check value of CRC-32.
      ChecksumCRC32: "y/Q5Jg==",
    },
  });
});

test("ListParts of an upload without parts is empty", async () => {
  await using uploads = await openUploads();
  const page = await partsPage(uploads, await uploads.begin("key"));
  expect([numbers(page), childText(page, "NextPartNumberMarker"), childText(page, "IsTruncated")])
    .toEqual([[], "0", "false"]);
  expect(childOf(page, "ChecksumAlgorithm")).toBeUndefined();
  expect(childText(page, "StorageClass")).toBe("STANDARD");
});

test("a part that was uploaded again is listed once, as it is now", async () => {
  await using uploads = await openUploads();
  const id = await uploads.begin("key");
  await uploads.part("key", id, 1, "first");
  await uploads.part("key", id, 1, "second one");
  const [part, ...others] = childrenOf(await partsPage(uploads, id), "Part");
  expect(part && [childText(part, "ETag"), childText(part, "Size")]).toEqual([
    `"${md5("second one")}"`,
    "10",
  ]);
  expect(others).toEqual([]);
});

test("pages of parts put together are all parts", async () => {
  await using uploads = await openUploads();
  const id = await uploads.begin("key");
  const all = [1, 2, 3, 9, 10, 100, 9999, 10_000];
  for (const number of all) await uploads.part("key", id, number, "x");
  for (const size of [1, 2, 3, 7, 8, 9]) {
    const seen: number[] = [];
    let marker = "0";
    let pages = 0;
    for (let more = true; more; pages++) {
      const page = await partsPage(uploads, id, `&max-parts=${size}&part-number-marker=${marker}`);
      expect([childText(page, "PartNumberMarker"), childText(page, "MaxParts")]).toEqual([
        marker,
        String(size),
      ]);
      expect(numbers(page).length).toBeLessThanOrEqual(size);
      seen.push(...numbers(page));
      marker = childText(page, "NextPartNumberMarker") ?? "";
      more = childText(page, "IsTruncated") === "true";
    }
    expect(seen).toEqual(all);
    expect(pages).toBe(Math.ceil(all.length / size));
  }
});

test("ListParts bounds what it is asked for", async () => {
  await using uploads = await openUploads();
  const id = await uploads.begin("key");
  await uploads.part("key", id, 1, "x");
  expect(childText(await partsPage(uploads, id, "&max-parts=5000"), "MaxParts")).toBe("1000");
  const none = await partsPage(uploads, id, "&max-parts=0");
  expect([numbers(none), childText(none, "IsTruncated")]).toEqual([[], "false"]);
  expect(numbers(await partsPage(uploads, id, "&part-number-marker=2147483647"))).toEqual([]);
  const bad = [
    "max-parts=-1",
    "max-parts=x",
    "part-number-marker=-1",
    "part-number-marker=x",
    "part-number-marker=2147483648",
    "encoding-type=x",
  ];
  for (const query of bad) {
    expect((await uploads.fail(partsPage(uploads, id, `&${query}`))).code).toBe("InvalidArgument");
  }
});

test("ListParts encodes the key when it is asked to", async () => {
  await using uploads = await openUploads();
  const key = "a b/\u0001";
  const id = await uploads.begin(key);
  const target = `/box/${encodeURIComponent(key)}?encoding-type=url&uploadId=${id}`;
  const page = parseXml((await uploads.run(listParts, { target })).bytes, "ListPartsResult");
  expect([childText(page, "Key"), childText(page, "EncodingType")]).toEqual(["a%20b/%01", "url"]);
});

test("ListParts shows ETags, checksums and headers as the encryption step sees them", async () => {
  await using uploads = await openUploads();
  const id = await uploads.begin("key", { headers: { "x-amz-checksum-algorithm": "CRC32" } });
  await uploads.part("key", id, 1, "x");
  const shown = {
    ...PLAIN_PARTS,
    replyHeaders: { "x-a": "1" },
    shown: () => "shown",
    openChecksum: () => "open",
  };
  const page = await partsPage(uploads, id, "", { sse: { ...plainSse(), forUpload: async () => shown } });
  const [part] = childrenOf(page, "Part");
  expect(part && [childText(part, "ETag"), childText(part, "ChecksumCRC32")]).toEqual(['"shown"', "open"]);
  const sealed = { ...shown, openChecksum: () => undefined };
  const other = await partsPage(uploads, id, "", { sse: { ...plainSse(), forUpload: async () => sealed } });
  const [bare] = childrenOf(other, "Part");
  expect(bare && childOf(bare, "ChecksumCRC32")).toBeUndefined();
});

test("ListMultipartUploads tells everything of an upload", async () => {
  await using uploads = await openUploads();
  const id = await uploads.begin("a&b", { headers: { "x-amz-checksum-algorithm": "SHA256" } });
  const { initiatedAt } = await uploads.store.getUpload({ bucket: "box", key: "a&b", uploadId: id });
  expect(texts(await uploadsPage(uploads))).toEqual({
    Bucket: "box",
    KeyMarker: "",
    UploadIdMarker: "",
    Prefix: "",
    MaxUploads: "1000",
    IsTruncated: "false",
    Upload: {
      Key: "a&b",
      UploadId: id,
      Initiator: OWNER,
      Owner: OWNER,
      StorageClass: "STANDARD",
      Initiated: isoDate(initiatedAt),
      ChecksumAlgorithm: "SHA256",
      ChecksumType: "COMPOSITE",
    },
  });
});

test("an upload is listed until it ends", async () => {
  await using uploads = await openUploads();
  const aborted = await uploads.begin("key");
  const completed = await uploads.begin("key");
  const stays = await uploads.begin("key");
  const part = await uploads.part("key", completed, 1, "x");
  const ids = async () =>
    childrenOf(await uploadsPage(uploads), "Upload").map((entry) => childText(entry, "UploadId"));
  expect(await ids()).toEqual([aborted, completed, stays]);
  await uploads.abort("key", aborted);
  await uploads.complete("key", completed, [part]);
  expect(await ids()).toEqual([stays]);
});

const KEYS = ["a", "a/b", "a/b", "a/c/d", "b", "b", "b", "b c+é", "c\u0001", "z/1", "\u{1f600}/x"];

async function withKeys(): Promise<Uploads> {
  const uploads = await openUploads();
  for (const key of KEYS) await uploads.begin(key);
  return uploads;
}

const decoded = (node: XmlNode, name: string) => decodeURIComponent(childText(node, name) ?? "");

/** All of a listing, collected in pages. */
async function collect(uploads: Uploads, query: string, size: number) {
  const keys: string[] = [];
  const ids = new Set<string>();
  const prefixes: string[] = [];
  let marker = "";
  for (let more = true; more;) {
    const page = await uploadsPage(uploads, `&encoding-type=url&max-uploads=${size}${query}${marker}`);
    const entries = childrenOf(page, "Upload");
    const groups = childrenOf(page, "CommonPrefixes");
    expect(entries.length + groups.length).toBeLessThanOrEqual(size);
    for (const entry of entries) {
      keys.push(decoded(entry, "Key"));
      ids.add(childText(entry, "UploadId") ?? "");
    }
    prefixes.push(...groups.map((group) => decoded(group, "Prefix")));
    more = childText(page, "IsTruncated") === "true";
    marker = `&key-marker=${childText(page, "NextKeyMarker")}&upload-id-marker=${
      childText(page, "NextUploadIdMarker")
    }`;
  }
  return { keys, prefixes, distinct: ids.size };
}

test("pages of uploads put together are all uploads, grouped or not", async () => {
  await using uploads = await withKeys();
  for (const size of [1, 2, 3, 4, 10, 11, 12]) {
    expect(await collect(uploads, "", size)).toEqual({ keys: KEYS, prefixes: [], distinct: KEYS.length });
    expect(await collect(uploads, "&delimiter=/", size)).toEqual({
      keys: ["a", "b", "b", "b", "b c+é", "c\u0001"],
      prefixes: ["a/", "z/", "\u{1f600}/"],
      distinct: 6,
    });
    expect(await collect(uploads, "&prefix=a/&delimiter=/", size)).toEqual({
      keys: ["a/b", "a/b"],
      prefixes: ["a/c/"],
      distinct: 2,
    });
    expect((await collect(uploads, "&prefix=b", size)).keys).toEqual(["b", "b", "b", "b c+é"]);
  }
});

test("names are encoded when asked for, and only then", async () => {
  await using uploads = await withKeys();
  const query = "&prefix=b%20&delimiter=%2B&key-marker=b%20";
  const plain = await uploadsPage(uploads, query);
  const names = ["Prefix", "Delimiter", "KeyMarker", "EncodingType"];
  const shown = (page: XmlNode) => names.map((name) => childText(page, name));
  expect(shown(plain)).toEqual(["b ", "+", "b ", undefined]);
  expect(shown(await uploadsPage(uploads, `${query}&encoding-type=url`))).toEqual([
    "b%20",
    "%2B",
    "b%20",
    "url",
  ]);
});

test("an upload id marker without a key marker is ignored", async () => {
  await using uploads = await withKeys();
  const page = await uploadsPage(uploads, "&encoding-type=url&upload-id-marker=zzzz");
  expect(childrenOf(page, "Upload")).toHaveLength(KEYS.length);
  expect(childText(page, "UploadIdMarker")).toBe("");
});

test("ListMultipartUploads bounds what it is asked for", async () => {
  await using uploads = await withKeys();
  expect(childText(await uploadsPage(uploads, "&encoding-type=url&max-uploads=9999"), "MaxUploads")).toBe(
    "1000",
  );
  const none = await uploadsPage(uploads, "&max-uploads=0");
  expect([childrenOf(none, "Upload").length, childText(none, "IsTruncated")]).toEqual([0, "false"]);
  for (const query of ["max-uploads=-1", "max-uploads=x", "encoding-type=x", "prefix=a&prefix=b"]) {
    expect((await uploads.fail(uploadsPage(uploads, `&${query}`))).code).toBe("InvalidArgument");
  }
  for (const query of ["", "&max-uploads=0"]) {
    const missing = uploads.run(listMultipartUploads, { target: `/none?uploads${query}` });
    expect((await uploads.fail(missing)).code).toBe("NoSuchBucket");
  }
  const strange = "&encoding-type=url&key-marker=%00";
  expect(childrenOf(await uploadsPage(uploads, strange), "Upload")).toHaveLength(KEYS.length);
  for (const marker of ["%00", "%20", "%C3%BC", "x".repeat(2000)]) {
    const error = await uploads.fail(uploadsPage(uploads, `${strange}&upload-id-marker=${marker}`));
    expect(error.code).toBe("InvalidArgument");
  }
});
