import { expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { putObject } from "../../../src/s3/operations/put-object.ts";
import { PLAIN_PARTS } from "../../../src/sse/plain.ts";
import { plainSse } from "../plain-sse.ts";
import type { Sse } from "../../../src/sse/sse.ts";
import {
  altered,
  bytesOf,
  finishedEtag,
  FIRST,
  LAST,
  md5,
  MIB,
  type Named,
  openUploads,
  partList,
  twoParts,
  type Uploads,
} from "../upload-fixture.ts";

test("CompleteMultipartUpload takes ETags with and without quotes", async () => {
  await using uploads = await openUploads();
  const { id } = await twoParts(uploads);
  const [first, last] = [md5(FIRST), md5(LAST)];
  await uploads.complete("key", id, [
    { number: 1, etag: first },
    { number: 2, etag: ` &quot;${last}&quot; ` },
  ]);
  expect(await uploads.read("key")).toEqual(Buffer.concat([FIRST, LAST]));
});

test("CompleteMultipartUpload refuses lists that are none, and leaves the upload", async () => {
  await using uploads = await openUploads();
  const { id, parts: [first, last] } = await twoParts(uploads);
  const attempt = async (parts: Named[]) => {
    const error = await uploads.fail(uploads.complete("key", id, parts));
    return error.code;
  };
  const send = async (body: string) => {
    const error = await uploads.fail(uploads.complete("key", id, [], { body }));
    return error.code;
  };
  expect(await attempt([])).toBe("MalformedXML");
  expect(await send("")).toBe("MalformedXML");
  expect(await send("<CompleteMultipartUpload>")).toBe("MalformedXML");
  expect(await send(partList([first]).replace("<ETag>", "<Tag>").replace("</ETag>", "</Tag>")))
    .toBe("MalformedXML");
  expect(await send(`<!DOCTYPE x>${partList([first])}`)).toBe("MalformedXML");
  expect(await send(" ".repeat(5 * MIB))).toBe("MaxMessageLengthExceeded");
  expect(await attempt([last, first])).toBe("InvalidPartOrder");
  expect(await attempt([first, first])).toBe("InvalidPartOrder");
  expect(await attempt([{ ...first, number: 0 }])).toBe("InvalidArgument");
  expect(await attempt([first, { ...last, number: 3 }])).toBe("InvalidPart");
  expect(await attempt([first, { ...last, etag: first.etag }])).toBe("InvalidPart");
  expect(await attempt([first, { ...last, etag: "" }])).toBe("InvalidPart");
  expect(await uploads.read("key")).toBeUndefined();
  await uploads.complete("key", id, [first, last]);
});

test("a part before the last of less than 5 MiB is too small", async () => {
  await using uploads = await openUploads();
  const id = await uploads.begin("key");
  const small = bytesOf(5 * MIB - 1);
  const parts = [await uploads.part("key", id, 4, small), await uploads.part("key", id, 9, "")];
  const error = await uploads.fail(uploads.complete("key", id, parts));
  expect(error.code).toBe("EntityTooSmall");
  expect(error.fields).toEqual({
    ProposedSize: "5242879",
    MinSizeAllowed: "5242880",
    PartNumber: "4",
    ETag: md5(small),
  });
});

test("an object of more than 5 TiB is refused", async () => {
  await using uploads = await openUploads();
  const { id, parts } = await twoParts(uploads);
  const huge = altered(uploads.store, {
    async listParts(upload, page) {
      const found = await uploads.store.listParts(upload, page);
      return { ...found, parts: found.parts.map((part) => ({ ...part, size: 3 * 2 ** 40 })) };
    },
  });
  expect((await uploads.fail(uploads.complete("key", id, parts, { store: huge }))).code)
    .toBe("EntityTooLarge");
});

test("x-amz-mp-object-size must be the size", async () => {
  await using uploads = await openUploads();
  const { id, parts } = await twoParts(uploads);
  const attempt = (size: string) =>
    uploads.complete("key", id, parts, { headers: { "x-amz-mp-object-size": size } });
  for (const size of ["1", "", "x", "-5243880", String(5 * MIB + 1001)]) {
    expect((await uploads.fail(attempt(size))).code).toBe("InvalidRequest");
  }
  await attempt(String(5 * MIB + 1000));
});

test("CompleteMultipartUpload heeds If-None-Match and If-Match", async () => {
  await using uploads = await openUploads();
  await uploads.run(putObject, { target: "/box/key", body: "there" });
  const { id, parts } = await twoParts(uploads);
  const attempt = (headers: Record<string, string>) => uploads.complete("key", id, parts, { headers });
  expect((await uploads.fail(attempt({ "if-none-match": "*" }))).code).toBe("PreconditionFailed");
  expect((await uploads.fail(attempt({ "if-match": '"x"' }))).code).toBe("PreconditionFailed");
  expect((await uploads.read("key"))?.toString()).toBe("there");
  await attempt({ "if-match": `"${md5("there")}"` });
  expect(await uploads.read("key")).toEqual(Buffer.concat([FIRST, LAST]));
});

test("an object that another writer makes meanwhile is not overwritten under If-None-Match", async () => {
  await using uploads = await openUploads();
  const { store } = uploads;
  const { id, parts } = await twoParts(uploads);
  const late = altered(store, {
    async completeUpload(complete) {
      await uploads.run(putObject, { target: "/box/key", body: "faster" });
      return await store.completeUpload(complete);
    },
  });
  const attempt = uploads.complete("key", id, parts, { store: late, headers: { "if-none-match": "*" } });
  expect((await uploads.fail(attempt)).code).toBe("PreconditionFailed");
  expect((await uploads.read("key"))?.toString()).toBe("faster");
});

test("the same completion again has the same answer, whatever its condition says now", async () => {
  await using uploads = await openUploads();
  const { id, parts } = await twoParts(uploads);
  const headers = { "if-none-match": "*" };
  const first = await uploads.complete("key", id, parts, { headers });
  const { revision } = await uploads.store.head("box", "key") ?? {};
  for (let i = 0; i < 2; i++) {
    expect(await uploads.complete("key", id, parts, { headers })).toEqual(first);
  }
  expect((await uploads.store.head("box", "key"))?.revision).toBe(revision ?? "");
});

test("another completion of a finished upload finds none", async () => {
  await using uploads = await openUploads();
  const { id, parts } = await twoParts(uploads);
  const [first, last] = parts;
  await uploads.complete("key", id, parts);
  const attempts = [
    uploads.complete("key", id, [first]),
    uploads.complete("key", id, [first, { ...last, number: 3 }]),
    uploads.complete("key", id, [first, { ...last, etag: first.etag }]),
    uploads.complete("key", id, parts, { headers: { "x-amz-mp-object-size": "1" } }),
    uploads.complete("key", id, parts, { headers: { "x-amz-checksum-crc32": "AAAAAA==" } }),
    uploads.complete("other", id, parts),
  ];
  for (const attempt of attempts) expect((await uploads.fail(attempt)).code).toBe("NoSuchUpload");
  await uploads.run(putObject, { target: "/box/key", body: "newer" });
  expect((await uploads.fail(uploads.complete("key", id, parts))).code).toBe("NoSuchUpload");
  expect((await uploads.read("key"))?.toString()).toBe("newer");
});

test("the same completion many times at once succeeds every time", async () => {
  await using uploads = await openUploads();
  const { id, parts } = await twoParts(uploads);
  const answers = await Promise.all(
    Array.from(
      { length: 6 },
      (_, i) => uploads.complete("key", id, parts, { headers: i % 2 === 0 ? { "if-none-match": "*" } : {} }),
    ),
  );
  expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
  expect(await uploads.read("key")).toEqual(Buffer.concat([FIRST, LAST]));
});

/** Completes while, at the last moment, a part is uploaded again. */
async function withReupload(uploads: Uploads, again: Uint8Array, times: number) {
  const { store } = uploads;
  const { id, parts } = await twoParts(uploads);
  let left = times;
  const racing = altered(store, {
    async completeUpload(complete) {
      if (left-- > 0) await uploads.part("key", id, 2, again);
      return await store.completeUpload(complete);
    },
  });
  return { id, done: uploads.complete("key", id, parts, { store: racing }) };
}

test("a part that is uploaded again with the same bytes does not disturb the completion", async () => {
  await using uploads = await openUploads();
  const { done } = await withReupload(uploads, LAST, 2);
  expect((await done).text).toContain(finishedEtag([FIRST, LAST]));
  expect(await uploads.read("key")).toEqual(Buffer.concat([FIRST, LAST]));
});

test("a part that is uploaded again with other bytes never slips into the object", async () => {
  await using uploads = await openUploads();
  const { id, done } = await withReupload(uploads, bytesOf(1000, 3), 1);
  expect((await uploads.fail(done)).code).toBe("InvalidPart");
  expect(await uploads.read("key")).toBeUndefined();
  expect((await uploads.abort("key", id)).status).toBe(204);
});

test("a part that is uploaded again and again ends the patience, not the server", async () => {
  await using uploads = await openUploads();
  const { done } = await withReupload(uploads, LAST, Infinity);
  expect((await uploads.fail(done)).code).toBe("InvalidPart");
});

test("of completion and abort at once, one wins and the state is its", async () => {
  await using uploads = await openUploads();
  for (let round = 0; round < 8; round++) {
    const key = `key-${round}`;
    const id = await uploads.begin(key);
    const part = await uploads.part(key, id, 1, LAST);
    const both = [() => uploads.complete(key, id, [part]), () => uploads.abort(key, id)];
    if (round % 2 === 1) both.reverse();
    const results = await Promise.allSettled(both.map((run) => run()));
    if (round % 2 === 1) results.reverse();
    const [completed, aborted] = results;
    expect(completed?.status === "fulfilled").toBe(aborted?.status === "rejected");
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toHaveProperty("code", "NoSuchUpload");
    }
    expect(await uploads.read(key)).toEqual(completed?.status === "fulfilled" ? LAST : undefined);
  }
});

test("a checksum that cannot be opened is not silently left out", async () => {
  await using uploads = await openUploads();
  const id = await uploads.begin("key", { headers: { "x-amz-checksum-algorithm": "CRC32" } });
  const part = await uploads.part("key", id, 1, LAST);
  const sse: Sse = {
    ...plainSse(),
    forUpload: async () => ({ ...PLAIN_PARTS, openChecksum: () => undefined }),
  };
  expect((await uploads.fail(uploads.complete("key", id, [part], { sse }))).code).toBe("InvalidRequest");
  expect(await uploads.read("key")).toBeUndefined();
});

test("ten thousand parts make an object", async () => {
  await using uploads = await openUploads();
  const id = await uploads.begin("key", { headers: { "x-amz-checksum-algorithm": "CRC64NVME" } });
  const part = await uploads.part("key", id, 1, LAST);
  const { parts: [record] } = await uploads.store.listParts({ bucket: "box", key: "key", uploadId: id }, {
    after: 0,
    limit: 1,
  });
  if (record === undefined) throw new Error("a part was uploaded");
  let chosen = 0;
  const many = altered(uploads.store, {
    listParts: async (_upload, { after, limit }) => ({
      parts: Array.from({ length: limit }, (_, i) => ({ ...record, number: after + i + 1, size: 5 * MIB })),
      truncated: after + limit < 10_000,
    }),
    async completeUpload({ parts }) {
      chosen = parts.length;
      return await Promise.reject(new Error("enough"));
    },
  });
  const named = Array.from({ length: 10_000 }, (_, i) => ({ ...part, number: i + 1 }));
  await expect(uploads.complete("key", id, named, { store: many })).rejects.toThrow("enough");
  expect(chosen).toBe(10_000);
  const tooMany = uploads.complete("key", id, [...named, { ...part, number: 10_000 }]);
  expect((await uploads.fail(tooMany)).code).toBe("MalformedXML");
});
