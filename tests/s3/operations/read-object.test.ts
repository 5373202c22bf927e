import { afterAll, beforeAll, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { httpDate } from "../../../src/s3/dates.ts";
import { getObject } from "../../../src/s3/operations/get-object.ts";
import { headObject } from "../../../src/s3/operations/head-object.ts";
import { putObject } from "../../../src/s3/operations/put-object.ts";
import { type BucketFixture, openBuckets } from "../bucket-fixture.ts";
import { type CallSketch, makeCall, replyBytes } from "../call.ts";
import { putMultipart } from "../multipart-fixture.ts";

const BODY = "0123456789";
const ETAG = `"${createHash("md5").update(BODY).digest("hex")}"`;
const SHA256 = createHash("sha256").update(BODY).digest("base64");
const LARGE = new Uint8Array(3 * 1024 * 1024 + 17).map((_, index) => index * 31 + (index >> 8));

let buckets: BucketFixture;
let modified: string;

beforeAll(async () => {
  buckets = await openBuckets();
  await buckets.run(putObject, {
    target: "/box/k",
    body: BODY,
    headers: {
      "content-type": "text/plain",
      "cache-control": "max-age=5",
      "x-amz-meta-Colour": "blue",
      "x-amz-checksum-sha256": SHA256,
    },
  });
  await buckets.run(putObject, { target: "/box/empty", body: "" });
  await buckets.run(putObject, { target: "/box/large", body: LARGE });
  await putMultipart(buckets.store, "parts", { 1: "aaaa", 2: "bbb", 5: "cc" });
  await putMultipart(buckets.store, "summed", { 1: "aaaa", 2: "bbb" }, true);
  modified = httpDate((await buckets.store.head("box", "k"))?.lastModified ?? 0);
});

afterAll(() => buckets[Symbol.asyncDispose]());

type Sketch = Omit<CallSketch, "store">;

/** GetObject and HeadObject must agree in everything but the bytes. */
async function read(sketch: Sketch) {
  const got = await buckets.run(getObject, sketch);
  const head = await buckets.run(headObject, sketch);
  expect(head.status).toBe(got.status);
  expect(head.bytes).toHaveLength(0);
  const { "Content-Length": length, ...headers } = head.headers;
  expect(headers).toEqual(got.headers);
  expect(length).toBe(got.status === 304 ? undefined : String(got.bytes.length));
  return got;
}

async function refused(sketch: Sketch): Promise<S3Error> {
  const error = await buckets.fail(getObject, sketch);
  const head = await buckets.fail(headObject, sketch);
  expect({ code: head.code, status: head.status }).toEqual({ code: error.code, status: error.status });
  return error;
}

test("a read answers with bytes, validators, type and metadata", async () => {
  const { status, headers, text } = await read({ target: "/box/k" });
  expect(status).toBe(200);
  expect(text).toBe(BODY);
  expect(headers).toEqual({
    "Content-Type": "text/plain",
    "Cache-Control": "max-age=5",
    "x-amz-meta-colour": "blue",
    "ETag": ETAG,
    "Last-Modified": modified,
  });
});

test("a large object comes in several chunks and whole", async () => {
  const { bytes } = await read({ target: "/box/large" });
  expect(Buffer.compare(bytes, LARGE)).toBe(0);
  const { status, bytes: middle, headers } = await read({
    target: "/box/large",
    headers: { range: "bytes=1000000-2500000" },
  });
  expect(status).toBe(206);
  expect(headers["Content-Range"]).toBe(`bytes 1000000-2500000/${LARGE.length}`);
  expect(Buffer.compare(middle, LARGE.subarray(1000000, 2500001))).toBe(0);
});

for (
  const [range, text, contentRange] of [
    ["bytes=2-4", "234", "bytes 2-4/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=0-99", BODY, "bytes 0-9/10"],
  ] as const
) {
  test(`a read of ${range} answers 206 with exactly these bytes`, async () => {
    const { status, headers, ...answer } = await read({ target: "/box/k", headers: { range } });
    expect(status).toBe(206);
    expect(answer.text).toBe(text);
    expect(headers["Content-Range"]).toBe(contentRange);
    expect(headers["ETag"]).toBe(ETAG);
  });
}

test("a read answers 416 when the range starts beyond the end", async () => {
  const error = await refused({ target: "/box/k", headers: { range: "bytes=10-" } });
  expect(error.code).toBe("InvalidRange");
  expect(error.fields["ActualObjectSize"]).toBe("10");
  expect((await refused({ target: "/box/empty", headers: { range: "bytes=0-" } })).status).toBe(416);
});

test("a read of several ranges answers with the whole object", async () => {
  const { status, text, headers } = await read({ target: "/box/k", headers: { range: "bytes=0-1,4-5" } });
  expect({ status, text }).toEqual({ status: 200, text: BODY });
  expect(headers).not.toHaveProperty("Content-Range");
});

test("If-Range lets the range count only for the very object", async () => {
  const range = "bytes=0-1";
  for (
    const [ifRange, text] of [[ETAG, "01"], ['"x"', BODY], [`W/${ETAG}`, BODY], [modified, "01"]] as const
  ) {
    expect((await read({ target: "/box/k", headers: { range, "if-range": ifRange } })).text).toBe(text);
  }
  const { text } = await read({
    target: "/box/k",
    headers: { range, "if-range": "Sun, 06 Nov 1994 08:49:37 GMT" },
  });
  expect(text).toBe(BODY);
});

test("a read of what the client already has answers 304 with validators and no bytes", async () => {
  for (const headers of [{ "if-none-match": ETAG }, { "if-modified-since": modified }]) {
    const got = await read({ target: "/box/k", headers });
    expect(got.status).toBe(304);
    expect(got.bytes).toHaveLength(0);
    expect(got.headers).toEqual({
      "ETag": ETAG,
      "Last-Modified": modified,
      "Cache-Control": "max-age=5",
    });
  }
});

test("a read whose precondition fails answers 412 and names it", async () => {
  const error = await refused({ target: "/box/k", headers: { "if-match": '"x"', range: "bytes=99-" } });
  expect(error.code).toBe("PreconditionFailed");
  expect(error.fields).toEqual({ Condition: "If-Match" });
});

test("a part is read by its number and answered 206 with the count of parts", async () => {
  for (
    const [number, text, contentRange] of [
      [1, "aaaa", "bytes 0-3/9"],
      [2, "bbb", "bytes 4-6/9"],
      [5, "cc", "bytes 7-8/9"],
    ] as const
  ) {
    const got = await read({ target: `/box/parts?partNumber=${number}` });
    expect({ status: got.status, text: got.text }).toEqual({ status: 206, text });
    expect(got.headers["Content-Range"]).toBe(contentRange);
    expect(got.headers["x-amz-mp-parts-count"]).toBe("3");
  }
  expect((await refused({ target: "/box/parts?partNumber=3" })).code).toBe("InvalidPartNumber");
  expect((await refused({ target: "/box/parts?partNumber=0" })).code).toBe("InvalidArgument");
});

test("an object written in one piece is its own first part", async () => {
  const got = await read({ target: "/box/k?partNumber=1" });
  expect({ status: got.status, text: got.text }).toEqual({ status: 206, text: BODY });
  expect(got.headers).not.toHaveProperty("x-amz-mp-parts-count");
  expect((await read({ target: "/box/empty?partNumber=1" })).status).toBe(200);
  expect((await refused({ target: "/box/k?partNumber=2" })).status).toBe(416);
});

test("a range of a multipart object runs over the borders of its parts", async () => {
  const got = await read({ target: "/box/parts", headers: { range: "bytes=3-7" } });
  expect(got.text).toBe("abbbc");
  expect(got.headers).not.toHaveProperty("x-amz-mp-parts-count");
});

test("part number and range exclude each other", async () => {
  const error = await refused({ target: "/box/k?partNumber=1", headers: { range: "bytes=0-1" } });
  expect(error.code).toBe("InvalidRequest");
});

test("checksums are shown when asked for, of exactly the bytes sent", async () => {
  const mode = { "x-amz-checksum-mode": "ENABLED" };
  expect((await read({ target: "/box/k" })).headers).not.toHaveProperty("x-amz-checksum-sha256");
  const whole = await read({ target: "/box/k", headers: mode });
  expect(whole.headers["x-amz-checksum-sha256"]).toBe(SHA256);
  expect(whole.headers["x-amz-checksum-type"]).toBe("FULL_OBJECT");
  const some = await read({ target: "/box/k", headers: { ...mode, range: "bytes=0-3" } });
  expect(some.headers).not.toHaveProperty("x-amz-checksum-sha256");
  expect(some.headers).not.toHaveProperty("x-amz-checksum-type");

  const composite = await read({ target: "/box/summed", headers: mode });
  expect(composite.headers["x-amz-checksum-sha256"]).toEndWith("=-2");
  expect(composite.headers["x-amz-checksum-type"]).toBe("COMPOSITE");
  const part = await read({ target: "/box/summed?partNumber=2", headers: mode });
  expect(part.headers["x-amz-checksum-sha256"]).toBe(createHash("sha256").update("bbb").digest("base64"));
});

test("a signed reader may replace headers of the answer", async () => {
  const names = {
    "response-content-type": "image/png",
    "response-content-language": "de",
    "response-expires": "never",
    "response-cache-control": "no-store",
    "response-content-disposition": 'attachment; filename="ä.png"',
    "response-content-encoding": "gzip",
  };
  const { headers } = await read({ target: `/box/k?${new URLSearchParams(names)}` });
  expect(headers).toMatchObject({
    "Content-Type": "image/png",
    "Content-Language": "de",
    "Expires": "never",
    "Cache-Control": "no-store",
    "Content-Disposition": 'attachment; filename="\u00c3\u00a4.png"',
    "Content-Encoding": "gzip",
  });
});

test("an anonymous reader may not, and nobody may end a header", async () => {
  const anonymous = await refused({
    target: "/box/k?response-content-type=image/png",
    identity: { kind: "anonymous" },
  });
  expect(anonymous.code).toBe("InvalidRequest");
  expect((await refused({ target: "/box/k?response-expires=a%0d%0aSet-Cookie:b" })).code)
    .toBe("InvalidArgument");
});

test("a missing key is NoSuchKey to those who may list, AccessDenied to others", async () => {
  expect((await refused({ target: "/box/none" })).code).toBe("NoSuchKey");
  expect((await refused({ target: "/none/none" })).code).toBe("NoSuchBucket");
  const asked: string[] = [];
  const error = await refused({
    target: "/box/none",
    identity: { kind: "anonymous" },
    authorise: async (action, bucket, key) => {
      asked.push(`${action} ${bucket} ${key}`);
      throw new S3Error("AccessDenied");
    },
  });
  expect(error.code).toBe("AccessDenied");
  expect(new Set(asked)).toEqual(new Set(["s3:ListBucket box undefined"]));
});

test("the null version is the object, no other version exists", async () => {
  expect((await read({ target: "/box/k?versionId=null" })).text).toBe(BODY);
  expect((await refused({ target: "/box/k?versionId=abc" })).code).toBe("NoSuchVersion");
  expect((await refused({ target: "/box/k?versionId=" })).code).toBe("InvalidArgument");
});

test("a reader keeps the bytes that it began with when the object is replaced and deleted", async () => {
  const { store } = buckets;
  await buckets.run(putObject, { target: "/box/changing", body: LARGE });
  const reply = await getObject.run(makeCall({ store, target: "/box/changing" }));
  await buckets.run(putObject, { target: "/box/changing", body: "new" });
  await store.deleteObject({ bucket: "box", key: "changing" });
  expect(Buffer.compare(await replyBytes(reply), LARGE)).toBe(0);
});

test("every handle that was opened is closed, whatever came of the read", async () => {
  let open = 0;
  const store = Object.assign(Object.create(buckets.store), {
    async open(bucket: string, key: string) {
      const handle = await buckets.store.open(bucket, key);
      if (handle === undefined) return undefined;
      open++;
      return {
        record: handle.record,
        read: handle.read.bind(handle),
        close: () => (open--, handle.close()),
      };
    },
  });
  const tries: Sketch[] = [
    { target: "/box/k" },
    { target: "/box/large" },
    { target: "/box/empty" },
    { target: "/box/k", headers: { range: "bytes=99-" } },
    { target: "/box/k", headers: { "if-match": '"x"' } },
    { target: "/box/k", headers: { "if-none-match": ETAG } },
    { target: "/box/k", headers: { "x-amz-server-side-encryption": "AES256" } },
    { target: "/box/k?partNumber=7" },
  ];
  for (const sketch of tries) {
    await getObject.run(makeCall({ ...sketch, store })).then(replyBytes, () => {});
    expect(open).toBe(0);
  }
});
