import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Store } from "../../../src/store/store.ts";
import { expectCode } from "../../conformance/fixture.ts";
import { answer, type OddBackend, startOddGateways } from "./odd-backend.ts";

const bucket = "box";
const UPLOADS = { bucket, prefix: "", delimiter: "", afterKey: "", afterUploadId: "", limit: 10 };

let odd: OddBackend;
let plain: Store;
let gateway: Store;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ odd, plain, gateway, close } = await startOddGateways());
});
afterAll(() => close());

const list = (store: Store, change: { after?: string; delimiter?: string } = {}) =>
  store.listObjects({ bucket, prefix: "", delimiter: "", after: "", limit: 10, ...change });

/** Says that no encrypted object is there, and to every listing this. */
const say = (document: string): void => {
  odd.asked.length = 0;
  odd.say = ({ method }) => method === "HEAD" ? answer(404) : answer(200, {}, document);
};
const listing = (truncated: boolean, keys: readonly string[], prefixes: readonly string[] = []) =>
  `<ListBucketResult><IsTruncated>${truncated}</IsTruncated>${
    keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size><ETag>"e"</ETag></Contents>`).join("")
  }${
    prefixes.map((name) => `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`).join("")
  }</ListBucketResult>`;

describe("a listing of a backend", () => {
  test.each([
    ["with nothing in it", []],
    ["out of order", ["b", "a"]],
    ["with a key twice", ["a", "a"]],
  ])("that goes on %s is an error", async (_what, keys) => {
    say(listing(true, keys));
    for (const store of [plain, gateway]) await expectCode(list(store), "InternalError");
  });

  test("that begins again instead of going on is an error, not asked for for ever", async () => {
    say(listing(true, ["a", "b"]));
    await expectCode(list(gateway), "InternalError");
    expect(odd.asked.filter(({ method }) => method === "GET")).toHaveLength(2);
    await expectCode(list(plain, { after: "b" }), "InternalError");
    say(listing(true, [], ["dir/"]));
    await expectCode(list(plain, { after: "dir/", delimiter: "/" }), "InternalError");
  });

  test("that shows a common prefix once more that the mark is in goes on behind it", async () => {
    say(listing(true, [], ["dir/"]));
    expect(await list(plain, { after: "dir/a", delimiter: "/" })).toEqual({
      objects: [],
      prefixes: ["dir/"],
      next: "dir/",
    });
  });

  test("that is whole is put in order, each key once", async () => {
    say(listing(false, ["b", "a", "b"], ["c/", "aa/"]));
    const { objects, prefixes, next } = await list(plain, { delimiter: "/" });
    expect([objects.map(({ key }) => key), prefixes, next]).toEqual([["a", "b"], ["aa/", "c/"], undefined]);
  });

  test("without end is an error before a bucket is deleted", async () => {
    say(listing(true, []));
    const { say: sayListing } = odd;
    odd.say = (asked) =>
      asked.target.includes("uploads=")
        ? answer(200, {}, "<ListMultipartUploadsResult></ListMultipartUploadsResult>")
        : sayListing(asked);
    await expectCode(gateway.deleteBucket(bucket), "InternalError");
    expect(odd.asked.map(({ method }) => method)).not.toContain("DELETE");
  });
});

describe("a list of uploads", () => {
  const uploads = (ids: readonly string[], key: string, id: string) =>
    `<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>${key}</NextKeyMarker>
     <NextUploadIdMarker>${id}</NextUploadIdMarker>${
      ids.map((id) => `<Upload><Key>a</Key><UploadId>${id}</UploadId></Upload>`).join("")
    }</ListMultipartUploadsResult>`;

  test("that goes on nowhere is an error", async () => {
    say("<ListMultipartUploadsResult><IsTruncated>true</IsTruncated></ListMultipartUploadsResult>");
    for (const store of [plain, gateway]) await expectCode(store.listUploads(UPLOADS), "InternalError");
  });

  test("that goes on where it began is an error", async () => {
    say(uploads(["1"], "a", "1"));
    await expectCode(plain.listUploads({ ...UPLOADS, afterKey: "a", afterUploadId: "1" }), "InternalError");
  });

  test("that goes round in circles is an error", async () => {
    odd.asked.length = 0;
    odd.say = () =>
      answer(200, {}, odd.asked.length % 2 === 0 ? uploads(["1"], "b", "") : uploads(["2"], "a", ""));
    await expectCode(gateway.listUploads(UPLOADS), "InternalError");
    expect(odd.asked.length).toBeLessThan(6);
  });
});

test("the unfinished uploads on all pages of their list go with a bucket", async () => {
  say(listing(false, []));
  const { say: sayListing } = odd;
  const page = (id: string, next: string) =>
    answer(
      200,
      {},
      `<ListMultipartUploadsResult><EncodingType>url</EncodingType>${next}
         <Upload><Key>a/.minio/data</Key><UploadId>${id}</UploadId></Upload>
       </ListMultipartUploadsResult>`,
    );
  odd.say = (asked) => {
    if (asked.method === "DELETE") return answer(204);
    if (!asked.target.includes("uploads=")) return sayListing(asked);
    if (asked.target.includes("upload-id-marker=first")) return page("second", "");
    return page(
      "first",
      `<IsTruncated>true</IsTruncated><NextKeyMarker>a/.minio/data</NextKeyMarker>
       <NextUploadIdMarker>first</NextUploadIdMarker>`,
    );
  };
  await gateway.deleteBucket(bucket);
  const deleted = odd.asked.filter(({ method }) => method === "DELETE").map(({ target }) => target);
  expect(deleted.sort()).toEqual([
    "/box",
    "/box/a/.minio/data?uploadId=first",
    "/box/a/.minio/data?uploadId=second",
  ]);
});

describe("a list of parts", () => {
  const id = { bucket, key: "key", uploadId: "some" };
  const parts = (truncated: boolean, numbers: readonly number[]) =>
    `<ListPartsResult><IsTruncated>${truncated}</IsTruncated>${
      numbers.map((n) => `<Part><PartNumber>${n}</PartNumber><ETag>e</ETag><Size>1</Size></Part>`).join("")
    }</ListPartsResult>`;

  test("that goes on with nothing in it is an error", async () => {
    say(parts(true, []));
    await expectCode(plain.listParts(id, { after: 0, limit: 10 }), "InternalError");
    say(parts(true, [1, 2]));
    await expectCode(plain.listParts(id, { after: 2, limit: 10 }), "InternalError");
  });

  test("is put in order", async () => {
    say(parts(false, [3, 1, 2]));
    const page = await plain.listParts(id, { after: 1, limit: 10 });
    expect(page.parts.map(({ number }) => number)).toEqual([2, 3]);
  });
});
