import { expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { httpDate, isoDate } from "../../../src/s3/dates.ts";
import { copyObject } from "../../../src/s3/operations/copy-object.ts";
import { getObject } from "../../../src/s3/operations/get-object.ts";
import { headObject } from "../../../src/s3/operations/head-object.ts";
import { putObject } from "../../../src/s3/operations/put-object.ts";
import type { ObjectRecord, Store } from "../../../src/store/store.ts";
import { type BucketFixture, openBuckets } from "../bucket-fixture.ts";
import { makeCall, replyText } from "../call.ts";
import { putMultipart } from "../multipart-fixture.ts";

const md5 = (text: string) => createHash("md5").update(text).digest("hex");
const sha256 = (text: string) => createHash("sha256").update(text).digest("base64");
const BODY = "the bytes to copy";
const SOURCE = { "x-amz-copy-source": "/box/from" };

async function withSource(): Promise<BucketFixture> {
  const buckets = await openBuckets();
  await buckets.run(putObject, {
    target: "/box/from",
    body: BODY,
    headers: {
      "content-type": "text/plain",
      "x-amz-meta-a": "1",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
    },
  });
  return buckets;
}

/** A store with some methods replaced. */
function altered(store: Store, changes: Partial<Store>): Store {
  const proxy = new Proxy(store, {
    get(target, name: keyof Store) {
      const changed = changes[name];
      if (changed !== undefined) return changed;
      const own = target[name];
      return own.bind(target);
    },
  });
  return proxy;
}

test("CopyObject copies bytes and metadata and tells ETag and time", async () => {
  await using buckets = await withSource();
  const { run, store } = buckets;
  const copy = await run(copyObject, { target: "/other/to", headers: SOURCE });
  const record = await store.head("other", "to");
  expect(copy.status).toBe(200);
  expect(copy.text).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
      `<ETag>&#34;${md5(BODY)}&#34;</ETag><LastModified>${
        isoDate(record?.lastModified ?? 0)
      }</LastModified>` +
      "</CopyObjectResult>",
  );
  const got = await run(getObject, { target: "/other/to" });
  expect(got.text).toBe(BODY);
  expect(got.headers).toMatchObject({ "Content-Type": "text/plain", "x-amz-meta-a": "1" });
  expect(got.headers).not.toHaveProperty("x-amz-storage-class");
});

test("CopyObject with REPLACE takes the metadata of the request instead", async () => {
  await using buckets = await withSource();
  const headers = { ...SOURCE, "x-amz-metadata-directive": "REPLACE", "x-amz-meta-b": "2" };
  await buckets.run(copyObject, { target: "/box/to", headers });
  expect((await buckets.store.head("box", "to"))?.metadata).toEqual({
    "content-type": "application/octet-stream",
    "X-Amz-Meta-B": "2",
  });
});

test("CopyObject without REPLACE ignores the metadata of the request", async () => {
  await using buckets = await withSource();
  await buckets.run(copyObject, { target: "/box/to", headers: { ...SOURCE, "x-amz-meta-b": "2" } });
  expect((await buckets.store.head("box", "to"))?.metadata).toEqual({
    "content-type": "text/plain",
    "X-Amz-Meta-A": "1",
  });
});

test("CopyObject refuses directives that it does not know", async () => {
  await using buckets = await withSource();
  for (const name of ["x-amz-metadata-directive", "x-amz-tagging-directive"]) {
    const error = await buckets.fail(copyObject, {
      target: "/box/to",
      headers: { ...SOURCE, [name]: "MOVE" },
    });
    expect(error.code).toBe("InvalidArgument");
  }
});

test("CopyObject asks for permission to read the source", async () => {
  await using buckets = await withSource();
  const asked: string[] = [];
  const error = await buckets.fail(copyObject, {
    target: "/other/to",
    headers: SOURCE,
    authorise: async (action, bucket, key) => {
      asked.push(`${action} ${bucket}/${key}`);
      throw new S3Error("AccessDenied");
    },
  });
  expect(error.code).toBe("AccessDenied");
  expect(asked).toEqual(["s3:GetObject box/from"]);
  expect(await buckets.store.head("other", "to")).toBeUndefined();
});

test("CopyObject of what is not there says so", async () => {
  await using buckets = await withSource();
  const { fail } = buckets;
  const from = (source: string) => ({ target: "/box/to", headers: { "x-amz-copy-source": source } });
  expect((await fail(copyObject, from("box/none"))).code).toBe("NoSuchKey");
  expect((await fail(copyObject, from("none/from"))).code).toBe("NoSuchBucket");
  expect((await fail(copyObject, { target: "/none/to", headers: SOURCE })).code).toBe("NoSuchBucket");
});

test("CopyObject checks the conditions on its source", async () => {
  await using buckets = await withSource();
  const { run, fail, store } = buckets;
  const modified = httpDate((await store.head("box", "from"))?.lastModified ?? 0);
  for (
    const condition of [
      { "x-amz-copy-source-if-match": '"x"' },
      { "x-amz-copy-source-if-none-match": `"${md5(BODY)}"` },
      { "x-amz-copy-source-if-modified-since": modified },
      { "x-amz-copy-source-if-unmodified-since": "Sun, 06 Nov 1994 08:49:37 GMT" },
    ]
  ) {
    const error = await fail(copyObject, { target: "/box/to", headers: { ...SOURCE, ...condition } });
    expect(error.code).toBe("PreconditionFailed");
  }
  expect(await store.head("box", "to")).toBeUndefined();
  await run(copyObject, {
    target: "/box/to",
    headers: { ...SOURCE, "x-amz-copy-source-if-match": `"${md5(BODY)}"` },
  });
});

test("CopyObject checks the conditions on its destination", async () => {
  await using buckets = await withSource();
  const { run, fail, store } = buckets;
  await run(putObject, { target: "/box/to", body: "there" });
  const copy = (headers: Record<string, string>) => ({
    target: "/box/to",
    headers: { ...SOURCE, ...headers },
  });
  expect((await fail(copyObject, copy({ "if-none-match": "*" }))).code).toBe("PreconditionFailed");
  expect((await fail(copyObject, copy({ "if-match": '"x"' }))).code).toBe("PreconditionFailed");
  expect((await store.head("box", "to"))?.etag).toBe(md5("there"));
  await run(copyObject, copy({ "if-match": `"${md5("there")}"` }));
  expect((await store.head("box", "to"))?.etag).toBe(md5(BODY));
});

test("CopyObject onto itself that changes nothing is refused", async () => {
  await using buckets = await withSource();
  const error = await buckets.fail(copyObject, { target: "/box/from", headers: SOURCE });
  expect(error.code).toBe("InvalidRequest");
  expect(error.message).toStartWith(
    "This copy request is illegal because it is trying to copy an object to itself",
  );
});

test("CopyObject onto itself replaces the metadata and leaves the bytes where they are", async () => {
  await using buckets = await withSource();
  const { run, store } = buckets;
  const written = altered(store, {
    putObject: () => {
      throw new Error("bytes were written");
    },
  });
  const before = await putMultipart(store, "parts", { 1: "aaaa", 2: "bbb" }, true);
  const reply = await copyObject.run(
    makeCall({
      store: written,
      method: "PUT",
      target: "/box/parts",
      headers: {
        "x-amz-copy-source": "box/parts",
        "x-amz-metadata-directive": "REPLACE",
        "x-amz-meta-b": "2",
      },
    }),
  );
  expect(reply.status).toBe(200);
  const { metadata, revision, etag, parts, checksum } = await store.head("box", "parts") ?? before;
  expect(metadata).toEqual({ "content-type": "application/octet-stream", "X-Amz-Meta-B": "2" });
  expect(revision).not.toBe(before.revision);
  expect({ etag, parts, checksum }).toEqual({
    etag: before.etag,
    parts: before.parts,
    checksum: before.checksum,
  });
  expect((await run(getObject, { target: "/box/parts" })).text).toBe("aaaabbb");
});

test("CopyObject onto itself with a storage class keeps the other metadata", async () => {
  await using buckets = await withSource();
  await buckets.run(copyObject, {
    target: "/box/from",
    headers: { ...SOURCE, "x-amz-storage-class": "STANDARD" },
  });
  expect((await buckets.store.head("box", "from"))?.metadata).toEqual({
    "content-type": "text/plain",
    "X-Amz-Meta-A": "1",
  });
});

/** A store in which another writer is faster than the first replacement of attributes. */
function racing({ run, store }: BucketFixture): Store {
  let raced = false;
  return altered(store, {
    async replaceAttributes(change): Promise<ObjectRecord> {
      if (!raced) {
        raced = true;
        await run(putObject, { target: "/box/from", body: "newer bytes" });
      }
      return await store.replaceAttributes(change);
    },
  });
}

const REPLACE = { ...SOURCE, "x-amz-metadata-directive": "REPLACE", "x-amz-meta-b": "2" };

test("replacing attributes never brings back bytes that another writer replaced meanwhile", async () => {
  await using buckets = await withSource();
  const store = racing(buckets);
  const call = makeCall({ store, method: "PUT", target: "/box/from", headers: REPLACE });
  expect(await replyText(await copyObject.run(call))).toContain(md5("newer bytes"));
  const got = await buckets.run(getObject, { target: "/box/from" });
  expect(got.text).toBe("newer bytes");
  expect(got.headers["x-amz-meta-b"]).toBe("2");
});

test("replacing attributes under a condition fails when another writer broke it meanwhile", async () => {
  await using buckets = await withSource();
  const store = racing(buckets);
  const headers = { ...REPLACE, "if-match": `"${md5(BODY)}"` };
  const call = makeCall({ store, method: "PUT", target: "/box/from", headers });
  await expect(copyObject.run(call)).rejects.toThrow("At least one of the pre-conditions");
  const got = await buckets.run(getObject, { target: "/box/from" });
  expect(got.headers).not.toHaveProperty("x-amz-meta-b");
});

test("CopyObject reads the source as it was when the copy began", async () => {
  await using buckets = await withSource();
  const { run, store } = buckets;
  const late = altered(store, {
    async putObject(put) {
      await run(putObject, { target: "/box/from", body: "overwritten" });
      return await store.putObject(put);
    },
  });
  await copyObject.run(makeCall({ store: late, method: "PUT", target: "/box/to", headers: SOURCE }));
  expect((await run(getObject, { target: "/box/to" })).text).toBe(BODY);
});

test("CopyObject of a multipart object makes one piece with the MD5 as its ETag", async () => {
  await using buckets = await withSource();
  const { run, store } = buckets;
  await putMultipart(store, "parts", { 1: "aaaa", 2: "bbb" }, true);
  const copy = await run(copyObject, { target: "/box/to", headers: { "x-amz-copy-source": "box/parts" } });
  const record = await store.head("box", "to");
  expect(record?.etag).toBe(md5("aaaabbb"));
  expect(record?.parts).toEqual([]);
  expect(record?.checksum).toEqual({ algorithm: "SHA256", type: "FULL_OBJECT", value: sha256("aaaabbb") });
  expect(copy.text).toContain(
    `<ChecksumSHA256>${sha256("aaaabbb")}</ChecksumSHA256><ChecksumType>FULL_OBJECT</ChecksumType>`,
  );
});

test("CopyObject keeps the checksum of its source, or computes the one that is asked for", async () => {
  await using buckets = await withSource();
  const { run, store } = buckets;
  const value = sha256(BODY);
  await run(putObject, { target: "/box/sum", body: BODY, headers: { "x-amz-checksum-sha256": value } });
  const source = { "x-amz-copy-source": "box/sum" };
  await run(copyObject, { target: "/box/kept", headers: source });
  expect((await store.head("box", "kept"))?.checksum)
    .toEqual({ algorithm: "SHA256", type: "FULL_OBJECT", value });
  await run(copyObject, { target: "/box/sum", headers: { ...source, "x-amz-checksum-algorithm": "SHA1" } })
    .then(() => expect.unreachable(), (error) => expect(error.code).toBe("InvalidRequest"));
  await run(copyObject, { target: "/box/asked", headers: { ...source, "x-amz-checksum-algorithm": "SHA1" } });
  const sha1 = createHash("sha1").update(BODY).digest("base64");
  expect((await store.head("box", "asked"))?.checksum)
    .toEqual({ algorithm: "SHA1", type: "FULL_OBJECT", value: sha1 });
});

test("CopyObject of a large object copies every byte", async () => {
  await using buckets = await withSource();
  const { run } = buckets;
  const large = new Uint8Array(2 * 1024 * 1024 + 3).map((_, index) => index * 7 + (index >> 9));
  await run(putObject, { target: "/box/large", body: large });
  await run(copyObject, { target: "/other/large", headers: { "x-amz-copy-source": "box/large" } });
  const [from, to] = [
    await run(headObject, { target: "/box/large" }),
    await run(headObject, { target: "/other/large" }),
  ];
  expect(to.headers["ETag"]).toBe(from.headers["ETag"] ?? "");
  expect(Buffer.compare((await run(getObject, { target: "/other/large" })).bytes, large)).toBe(0);
});

test("CopyObject of an empty object makes an empty object", async () => {
  await using buckets = await withSource();
  await buckets.run(putObject, { target: "/box/empty", body: "" });
  await buckets.run(copyObject, { target: "/box/to", headers: { "x-amz-copy-source": "box/empty" } });
  expect((await buckets.store.head("box", "to"))?.etag).toBe(md5(""));
});

test("CopyObject refuses a source of more than 5 GiB", async () => {
  await using buckets = await withSource();
  const { store } = buckets;
  const huge = altered(store, {
    async open(bucket, key) {
      const handle = await store.open(bucket, key);
      if (handle === undefined) return undefined;
      const size = 5 * 2 ** 30 + 1;
      const record = { ...handle.record, size, storedSize: size };
      return { record, read: handle.read.bind(handle), close: () => handle.close() };
    },
  });
  const copy = copyObject.run(makeCall({ store: huge, method: "PUT", target: "/box/to", headers: SOURCE }));
  await expect(copy).rejects.toThrow("larger than the maximum allowable size for a copy source: 5368709120");
});
