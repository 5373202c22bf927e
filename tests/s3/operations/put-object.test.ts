import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { getObject } from "../../../src/s3/operations/get-object.ts";
import { putObject } from "../../../src/s3/operations/put-object.ts";
import { openBuckets } from "../bucket-fixture.ts";

const md5 = (text: string | Uint8Array) => createHash("md5").update(text).digest("hex");
const SHA256 = createHash("sha256").update("abc").digest("base64");

test("PutObject stores the body and answers with its MD5 in quotes", async () => {
  await using buckets = await openBuckets();
  const { run } = buckets;
  const put = await run(putObject, { target: "/box/k", body: "abc" });
  expect(put.status).toBe(200);
  expect(put.headers).toEqual({ "ETag": `"${md5("abc")}"` });
  expect(put.bytes).toHaveLength(0);
  expect((await run(getObject, { target: "/box/k" })).text).toBe("abc");
});

test("PutObject stores an empty body", async () => {
  await using buckets = await openBuckets();
  const { run } = buckets;
  const put = await run(putObject, { target: "/box/k", body: "" });
  expect(put.headers["ETag"]).toBe('"d41d8cd98f00b204e9800998ecf8427e"');
  const got = await run(getObject, { target: "/box/k" });
  expect(got.status).toBe(200);
  expect(got.bytes).toHaveLength(0);
});

test("PutObject answers with the checksum that it verified and keeps it", async () => {
  await using buckets = await openBuckets();
  const { run } = buckets;
  const put = await run(putObject, {
    target: "/box/k",
    body: "abc",
    headers: { "x-amz-checksum-sha256": SHA256 },
  });
  expect(put.headers).toEqual({
    "ETag": `"${md5("abc")}"`,
    "x-amz-checksum-sha256": SHA256,
    "x-amz-checksum-type": "FULL_OBJECT",
  });
  expect((await buckets.store.head("box", "k"))?.checksum).toEqual({
    algorithm: "SHA256",
    type: "FULL_OBJECT",
    value: SHA256,
  });
});

test("PutObject takes any legal key", async () => {
  await using buckets = await openBuckets();
  const { run, store } = buckets;
  for (const key of ["a", "a/b", "a/", "//", ".", "../x", "😀", "a+b", "a b", "\u0001", "x".repeat(1024)]) {
    const target = `/box/${encodeURIComponent(key)}`;
    await run(putObject, { target, body: key });
    expect((await store.head("box", key))?.key).toBe(key);
    expect((await run(getObject, { target })).text).toBe(key);
  }
});

test("PutObject leaves the old object when the body turns out wrong", async () => {
  await using buckets = await openBuckets();
  const { run, fail } = buckets;
  await run(putObject, { target: "/box/k", body: "old" });
  const wrong = { target: "/box/k", body: "new" };
  const header = createHash("md5").update("other").digest("base64");
  expect((await fail(putObject, { ...wrong, headers: { "content-md5": header } })).code).toBe("BadDigest");
  expect((await fail(putObject, { ...wrong, headers: { "x-amz-checksum-sha256": SHA256 } })).code)
    .toBe("BadDigest");
  expect((await fail(putObject, { ...wrong, trailers: { "x-amz-checksum-sha256": SHA256 } })).code)
    .toBe("BadDigest");
  expect((await fail(putObject, { ...wrong, length: 4 })).code).toBe("IncompleteBody");
  expect((await run(getObject, { target: "/box/k" })).text).toBe("old");
});

test("PutObject reads no body that it cannot store", async () => {
  await using buckets = await openBuckets();
  const { run, fail } = buckets;
  let read = false;
  async function* body() {
    read = true;
    yield new Uint8Array(3);
  }
  const put = { body: body(), length: 3 };
  expect((await fail(putObject, { target: "/none/k", ...put })).code).toBe("NoSuchBucket");
  expect((await fail(putObject, { target: "/box/k", ...put, headers: { "x-amz-tagging": "a=b" } })).code)
    .toBe("NotImplemented");
  expect((await fail(putObject, { target: "/box/k", ...put, length: 5 * 2 ** 30 + 1 })).code)
    .toBe("EntityTooLarge");
  await run(putObject, { target: "/box/k", body: "old" });
  expect((await fail(putObject, { target: "/box/k", ...put, headers: { "if-none-match": "*" } })).code)
    .toBe("PreconditionFailed");
  expect((await fail(putObject, { target: "/box/k", ...put, headers: { "if-match": '"x"' } })).code)
    .toBe("PreconditionFailed");
  const asked = { "x-amz-server-side-encryption": "AES256" };
  expect((await fail(putObject, { target: "/box/k", ...put, headers: asked })).code).toBe("InvalidArgument");
  expect(read).toBe(false);
});

test("PutObject without a declared length is MissingContentLength", async () => {
  await using buckets = await openBuckets();
  expect((await buckets.fail(putObject, { target: "/box/k", body: [] })).code).toBe("MissingContentLength");
});

test("of several PutObjects that expect no object exactly one succeeds", async () => {
  await using buckets = await openBuckets();
  const { run, store } = buckets;
  const headers = { "if-none-match": "*" };
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, (_, n) => run(putObject, { target: "/box/k", body: `body ${n}`, headers })),
  );
  expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
  const winner = outcomes.findIndex((outcome) => outcome.status === "fulfilled");
  expect((await store.head("box", "k"))?.etag).toBe(md5(`body ${winner}`));
});

test("of several PutObjects that expect the same ETag exactly one succeeds", async () => {
  await using buckets = await openBuckets();
  const { run } = buckets;
  await run(putObject, { target: "/box/k", body: "old" });
  const headers = { "if-match": `"${md5("old")}"` };
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, (_, n) => run(putObject, { target: "/box/k", body: `body ${n}`, headers })),
  );
  expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
});
