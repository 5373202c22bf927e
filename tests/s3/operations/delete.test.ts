import { createHash } from "node:crypto";
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { deleteObject } from "../../../src/s3/operations/delete-object.ts";
import { deleteObjects } from "../../../src/s3/operations/delete-objects.ts";
import { childrenOf, childText, parseXml } from "../../../src/xml/xml-parser.ts";
import { plainSse } from "../plain-sse.ts";
import type { ObjectRecord } from "../../../src/store/store.ts";
import { type CallSketch, makeCall, replyBytes, replyText } from "../call.ts";
import { failure } from "../failure.ts";
import { seed, temporaryStore } from "../temporary-store.ts";

const ETAG = "0cc175b9c0f1b6a831c399e269772661";
const { store, remove } = await temporaryStore();
await store.createBucket("bucket");
afterAll(remove);

let record: ObjectRecord;
beforeEach(async () => {
  record = await seed(store, "bucket", "key", { content: "12345", etag: ETAG });
});

const exists = async (key: string) => await store.head("bucket", key) !== undefined;

describe("DeleteObject", () => {
  const run = (headers: Record<string, string> = {}, sketch: Partial<CallSketch> = {}) =>
    deleteObject.run(makeCall({ store, method: "DELETE", target: "/bucket/key", headers, ...sketch }));
  const code = async (headers: Record<string, string>, sketch: Partial<CallSketch> = {}) =>
    (await failure(() => run(headers, sketch))).code;

  test("removes the object and answers 204, also when there was none", async () => {
    expect(await run()).toEqual({ status: 204, headers: {} });
    expect(await exists("key")).toBe(false);
    expect(await run()).toEqual({ status: 204, headers: {} });
  });

  test("takes the version null; any other is deleted already", async () => {
    expect((await run({}, { target: "/bucket/key?versionId=5" })).status).toBe(204);
    expect(await code({ "If-Match": ETAG }, { target: "/bucket/key?versionId=5" })).toBe("NoSuchVersion");
    expect(await code({}, { target: "/bucket/key?versionId=" })).toBe("InvalidArgument");
    expect(await code({}, { target: "/missing/key?versionId=5" })).toBe("NoSuchBucket");
    expect(await exists("key")).toBe(true);
    await run({}, { target: "/bucket/key?versionId=null" });
    expect(await exists("key")).toBe(false);
  });

  test("of a missing bucket is NoSuchBucket", async () => {
    expect(await code({}, { target: "/missing/key" })).toBe("NoSuchBucket");
    expect(await code({ "If-Match": "*" }, { target: "/missing/key" })).toBe("NoSuchBucket");
  });

  test("refuses a key that is too long and a whole prefix", async () => {
    expect(await code({}, { target: `/bucket/${"k".repeat(1025)}` })).toBe("KeyTooLongError");
    expect(await code({ "x-minio-force-delete": "true" })).toBe("NotImplemented");
    expect(await exists("key")).toBe(true);
  });

  for (const etag of [`"${ETAG}"`, ETAG, "*"]) {
    test(`with If-Match: ${etag} removes the object that it names`, async () => {
      expect((await run({ "If-Match": etag })).status).toBe(204);
      expect(await exists("key")).toBe(false);
    });
  }

  test("compares with the ETag that clients see", async () => {
    const sse = { ...plainSse(), listedEtags: async () => ["seen"] };
    expect(await code({ "If-Match": ETAG }, { sse })).toBe("PreconditionFailed");
    expect((await run({ "If-Match": '"seen"' }, { sse })).status).toBe(204);
  });

  test("with another ETag, size or time leaves the object", async () => {
    const late = new Date(record.lastModified + 60_000);
    const wrong: Record<string, string>[] = [
      { "If-Match": `"${"0".repeat(32)}"` },
      { "If-Match": `W/"${ETAG}"` },
      { "If-Match": "" },
      { "x-amz-if-match-size": "6" },
      { "x-amz-if-match-last-modified-time": late.toUTCString() },
      { "If-Match": "*", "x-amz-if-match-size": "0" },
    ];
    for (const headers of wrong) {
      expect(await code(headers)).toBe("PreconditionFailed");
      expect(await exists("key")).toBe(true);
    }
  });

  test("with the right size and time removes it, the time in either form", async () => {
    for (const format of [(date: Date) => date.toUTCString(), (date: Date) => date.toISOString()]) {
      const { lastModified } = await seed(store, "bucket", "again");
      const headers = {
        "x-amz-if-match-last-modified-time": format(new Date(lastModified)),
        "x-amz-if-match-size": "0",
      };
      expect((await run(headers, { target: "/bucket/again" })).status).toBe(204);
      expect(await exists("again")).toBe(false);
    }
  });

  test("with a condition that cannot be understood deletes nothing", async () => {
    const wrong: Record<string, string>[] = [
      { "x-amz-if-match-size": "five" },
      { "x-amz-if-match-size": "-5" },
      { "x-amz-if-match-last-modified-time": "yesterday" },
      { "x-amz-if-match-last-modified-time": "2026-02-31T25:00:00Z" },
    ];
    for (const headers of wrong) {
      expect(await code(headers)).toBe("InvalidArgument");
      expect(await exists("key")).toBe(true);
    }
  });

  test("with a condition that is not built deletes nothing", async () => {
    for (const headers of [{ "If-None-Match": "*" }, { "If-Unmodified-Since": new Date(0).toUTCString() }]) {
      expect(await code({ ...headers })).toBe("NotImplemented");
      expect(await exists("key")).toBe(true);
    }
  });

  test("on a missing object: an ETag demands one, size and time do not", async () => {
    const target = "/bucket/missing";
    expect(await code({ "If-Match": "*" }, { target })).toBe("NoSuchKey");
    expect(await code({ "If-Match": ETAG }, { target })).toBe("NoSuchKey");
    expect((await run({ "x-amz-if-match-size": "5" }, { target })).status).toBe(204);
  });

  test("never removes what was written after the condition was checked", async () => {
    const sse = {
      ...plainSse(),
      listedEtags: async () => {
        await seed(store, "bucket", "key", { content: "newer" });
        return [ETAG];
      },
    };
    expect(await code({ "If-Match": ETAG }, { sse })).toBe("PreconditionFailed");
    expect(await exists("key")).toBe(true);
  });

  test("tells nobody what an object is who may not read it", async () => {
    const authorise = async (action: string) => {
      if (action === "s3:GetObject") throw new S3Error("AccessDenied");
    };
    expect(await code({ "If-Match": ETAG }, { authorise })).toBe("AccessDenied");
    expect((await run({ "If-Match": "*" }, { authorise })).status).toBe(204);
  });
});

describe("DeleteObjects", () => {
  const md5 = (text: string) => createHash("md5").update(text).digest("base64");
  const run = (body: string, sketch: Partial<CallSketch> = {}) =>
    deleteObjects.run(makeCall({
      store,
      method: "POST",
      target: "/bucket?delete",
      headers: { "Content-MD5": md5(body) },
      body,
      ...sketch,
    }));
  const remove = async (inside: string, sketch: Partial<CallSketch> = {}) => {
    const reply = await run(
      `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</Delete>`,
      sketch,
    );
    expect(reply.status).toBe(200);
    return reply;
  };
  const code = async (body: string, sketch: Partial<CallSketch> = {}) =>
    (await failure(() => run(body, sketch))).code;
  const objects = (...keys: string[]) => keys.map((key) => `<Object><Key>${key}</Key></Object>`).join("");

  test("removes every key and names it, missing ones too", async () => {
    await seed(store, "bucket", "a&b c");
    const reply = await remove(objects("key", "a&amp;b c", "missing"));
    expect(await replyText(reply)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
        "<Deleted><Key>key</Key></Deleted><Deleted><Key>a&amp;b c</Key></Deleted>" +
        "<Deleted><Key>missing</Key></Deleted></DeleteResult>",
    );
    expect([await exists("key"), await exists("a&b c")]).toEqual([false, false]);
  });

  test("when quiet names only what failed", async () => {
    const reply = await remove(`<Quiet>true</Quiet>${objects("key", "k".repeat(1025))}`);
    const root = parseXml(await replyBytes(reply), "DeleteResult");
    expect(childrenOf(root, "Deleted")).toEqual([]);
    expect(childrenOf(root, "Error").map((error) => childText(error, "Code"))).toEqual(["KeyTooLongError"]);
    expect(await exists("key")).toBe(false);
  });

  test("keeps to the conditions of each key", async () => {
    for (const key of ["right", "wrong", "size"]) {
      await seed(store, "bucket", key, { content: "12345", etag: ETAG });
    }
    const object = (key: string, condition: string) => `<Object><Key>${key}</Key>${condition}</Object>`;
    const reply = await remove([
      object("right", `<ETag>"${ETAG}"</ETag><Size>5</Size>`),
      object("wrong", "<ETag>00</ETag>"),
      object("size", "<Size>4</Size>"),
      object("absent", "<ETag>*</ETag>"),
      object("key", "<VersionId>7</VersionId><ETag>*</ETag>"),
    ].join(""));
    const root = parseXml(await replyBytes(reply), "DeleteResult");
    expect(childrenOf(root, "Deleted").map((done) => childText(done, "Key"))).toEqual(["right"]);
    expect(
      childrenOf(root, "Error").map((error) =>
        ["Key", "Code", "VersionId"].map((name) => childText(error, name))
      ),
    ).toEqual([
      ["wrong", "PreconditionFailed", undefined],
      ["size", "PreconditionFailed", undefined],
      ["absent", "NoSuchKey", undefined],
      ["key", "NoSuchVersion", "7"],
    ]);
    const left = await Promise.all(["right", "wrong", "size", "key"].map(exists));
    expect(left).toEqual([false, true, true, true]);
  });

  test("takes another version for deleted already, as S3 does", async () => {
    const text = await replyText(await remove("<Object><Key>key</Key><VersionId>7</VersionId></Object>"));
    expect(text).toContain("<Deleted><Key>key</Key><VersionId>7</VersionId></Deleted>");
    expect(await exists("key")).toBe(true);
  });

  test("takes the version null", async () => {
    const text = await replyText(await remove("<Object><Key>key</Key><VersionId>null</VersionId></Object>"));
    expect(text).toContain("<Deleted><Key>key</Key><VersionId>null</VersionId></Deleted>");
    expect(await exists("key")).toBe(false);
  });

  test("asks for permission key by key", async () => {
    await seed(store, "bucket", "secret");
    const authorise = async (action: string, bucket: string, key?: string) => {
      expect([action, bucket]).toEqual(["s3:DeleteObject", "bucket"]);
      if (key === "secret") throw new S3Error("AccessDenied");
    };
    const text = await replyText(await remove(objects("key", "secret"), { authorise }));
    expect(text).toContain("<Deleted><Key>key</Key></Deleted>");
    expect(text).toContain(
      "<Error><Key>secret</Key><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>",
    );
    expect([await exists("key"), await exists("secret")]).toEqual([false, true]);
  });

  test("removes a thousand keys, and refuses one more", async () => {
    const keys = Array.from({ length: 1000 }, (_, i) => `many/${i}`);
    await Promise.all(keys.map((key) => seed(store, "bucket", key)));
    expect(await code(`<Delete>${objects(...keys, "key")}</Delete>`)).toBe("MalformedXML");
    expect(await exists("many/0")).toBe(true);
    const root = parseXml(await replyBytes(await remove(objects(...keys))), "DeleteResult");
    expect(childrenOf(root, "Deleted").map((done) => childText(done, "Key"))).toEqual(keys);
    const left = await store.listObjects({
      bucket: "bucket",
      prefix: "many/",
      delimiter: "",
      after: "",
      limit: 1,
    });
    expect(left.objects).toEqual([]);
  });

  test("wants the body protected by Content-MD5 or a checksum, and true to it", async () => {
    const body = `<Delete>${objects("key")}</Delete>`;
    const missing = await failure(() => run(body, { headers: {} }));
    expect([missing.code, missing.message]).toEqual([
      "InvalidRequest",
      "Missing required header for this request: Content-MD5",
    ]);
    expect(await code(body, { headers: { "Content-MD5": md5("other") } })).toBe("BadDigest");
    expect(await code(body, { headers: { "x-amz-checksum-crc32": "AAAAAA==" } })).toBe("BadDigest");
    expect(await exists("key")).toBe(true);
    const sha256 = createHash("sha256").update(body).digest("base64");
    await run(body, { headers: {}, trailers: { "x-amz-checksum-sha256": sha256 } });
    expect(await exists("key")).toBe(false);
  });

  test("refuses documents that are none and removes nothing", async () => {
    const bad = [
      "",
      "<Delete>",
      "<Delete/>",
      "<Delete><Quiet>true</Quiet></Delete>",
      "<Other/>",
      `<Delete>${objects("key")}<Object/></Delete>`,
      `<Delete>${objects("key")}<Quiet>perhaps</Quiet></Delete>`,
      "<Delete><Object><Key>key</Key><Key>key</Key></Object></Delete>",
    ];
    for (const body of bad) expect(await code(body)).toBe("MalformedXML");
    expect(await code(`<Delete>${" ".repeat(4 * 2 ** 20)}</Delete>`)).toBe("MaxMessageLengthExceeded");
    expect(await exists("key")).toBe(true);
  });

  test("of a missing bucket is NoSuchBucket as a whole", async () => {
    expect(await code(`<Delete>${objects("key")}</Delete>`, { target: "/missing?delete" })).toBe(
      "NoSuchBucket",
    );
  });
});
