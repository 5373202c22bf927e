import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { StartError } from "../../../src/store/start-error.ts";
import type { Store } from "../../../src/store/store.ts";
import {
  attributesOf,
  bodyOf,
  bytesOf,
  expectCode,
  put,
  putPart,
  putParts,
  readObject,
} from "../../conformance/fixture.ts";
import { TestDirectory, withoutOwn } from "./directory.ts";

const SEALED = "20000f00" + "ab".repeat(44);
const ENCRYPTED = {
  "content-type": "text/plain",
  "X-Minio-Internal-Server-Side-Encryption-Iv": "AAAA",
  "X-Amz-Meta-Color": "blue",
};

const list = async (store: Store, bucket: string) =>
  (await store.listObjects({ bucket, prefix: "", delimiter: "", after: "", limit: 1000 })).objects;

describe("what is written", () => {
  test("is a plain file and an fs.json, as MinIO writes them", async () => {
    await using directory = new TestDirectory();
    const store = await directory.open();
    await store.createBucket("box");
    await store.putObject({
      bucket: "box",
      key: "a/b.txt",
      body: bodyOf(bytesOf(132)),
      attributes: () => ({ size: 100, etag: SEALED, metadata: ENCRYPTED }),
    });
    expect(directory.files()).toEqual([
      ".minio.sys/buckets/box/a/b.txt/fs.json",
      ".minio.sys/format.json",
      "box/a/b.txt",
    ]);
    expect(directory.bytes("box/a/b.txt")).toEqual(bytesOf(132));
    expect(withoutOwn(directory.fsJson("box", "a/b.txt"))).toBe(
      '{"version":"1.0.2","checksum":{"algorithm":"","blocksize":0,"hashes":null},"meta":{' +
        '"X-Amz-Meta-Color":"blue","X-Minio-Internal-Server-Side-Encryption-Iv":"AAAA","content-type":"text/plain",' +
        `"etag":"${SEALED}"}}`,
    );
    const id = await store.getDocument("deployment-id");
    expect(directory.text(".minio.sys/format.json")).toBe(
      `{"version":"1","format":"fs","id":"${id}","fs":{"version":"2"}}`,
    );
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  test("of an upload is a directory of parts, and of the object one file with a record of its parts", async () => {
    await using directory = new TestDirectory();
    const store = await directory.open();
    await store.createBucket("box");
    const upload = await store.createUpload({ bucket: "box", key: "a/b", metadata: ENCRYPTED });
    const chosen = [];
    for (const [number, size] of [[3, 132], [10_000, 42]] as const) {
      chosen.push(
        await store.putPart({
          ...upload,
          partNumber: number,
          body: bodyOf(bytesOf(size, number)),
          attributes: () => ({ size: size - 32, etag: SEALED }),
        }),
      );
    }
    const hash = createHash("sha256").update("box/a/b").digest("hex");
    const path = `.minio.sys/multipart/${hash}/${upload.uploadId}`;
    expect(directory.files().filter((name) => name.startsWith(path))).toEqual([
      `${path}/00003.${SEALED}.100`,
      `${path}/10000.${SEALED}.10`,
      `${path}/fs.json`,
    ]);
    expect(withoutOwn(directory.text(path, "fs.json"))).toBe(
      '{"version":"1.0.2","checksum":{"algorithm":"","blocksize":0,"hashes":null},"meta":{' +
        '"X-Amz-Meta-Color":"blue","X-Minio-Internal-Server-Side-Encryption-Iv":"AAAA","content-type":"text/plain"}}',
    );
    await store.completeUpload({
      ...upload,
      parts: chosen,
      attributes: { size: 110, etag: "abc-2", metadata: { "content-type": "a/b" } },
    });
    expect(directory.bytes("box/a/b")).toEqual(Buffer.concat([bytesOf(132, 3), bytesOf(42, 10_000)]));
    expect(withoutOwn(directory.fsJson("box", "a/b"))).toBe(
      '{"version":"1.0.2","checksum":{"algorithm":"","blocksize":0,"hashes":null},"meta":{' +
        '"content-type":"a/b","etag":"abc-2"},"parts":[' +
        `{"number":3,"name":"","etag":"${SEALED}","size":132,"actualSize":100},` +
        `{"number":10000,"name":"","etag":"${SEALED}","size":42,"actualSize":10}]}`,
    );
    expect(directory.has(".minio.sys/multipart", hash)).toBe(false);
    expect(readdirSync(join(directory.path, ".minio.sys/multipart"))).toEqual([]);
  });

  test("leaves nothing behind when it is deleted, in either tree, nor in staging", async () => {
    await using directory = new TestDirectory();
    const store = await directory.open();
    await store.createBucket("box");
    await put(store, "box", "a/b/c", bytesOf(10));
    await putParts(store, "box", "a/b/d", [bytesOf(10), bytesOf(20)]);
    for (const key of ["a/b/c", "a/b/d"]) await store.deleteObject({ bucket: "box", key });
    expect(directory.files()).toEqual([".minio.sys/format.json"]);
    expect(directory.has("box/a")).toBe(false);
    expect(directory.has(".minio.sys/buckets/box/a")).toBe(false);
    await store.deleteBucket("box");
    await store.close();
    expect(readdirSync(join(directory.path, ".minio.sys/tmp"))).toEqual([]);
    expect(directory.files()).toEqual([".minio.sys/format.json"]);
  });

  test("of a policy is MinIO's file, and an object of that name gets on with it", async () => {
    await using directory = new TestDirectory();
    const store = await directory.open();
    await store.createBucket("box");
    await store.setBucketDocument("box", "policy", '{"a":1}');
    expect(directory.text(".minio.sys/buckets/box/policy.json")).toBe('{"a":1}');
    await put(store, "box", "policy.json", bytesOf(10));
    await put(store, "box", "policy.json/fs.json".slice(0, 11), bytesOf(20));
    expect(await readObject(store, "box", "policy.json")).toEqual(bytesOf(20));
    expect(await store.getBucketDocument("box", "policy")).toBe('{"a":1}');
    await store.setBucketDocument("box", "policy", '{"a":2}');
    await put(store, "box", "bucket-encryption.xml", bytesOf(30));
    await store.setBucketDocument("box", "encryption", "<x/>");
    expect(await store.getBucketDocument("box", "policy")).toBe('{"a":2}');
    expect(await store.getBucketDocument("box", "encryption")).toBe("<x/>");
    await store.deleteObject({ bucket: "box", key: "policy.json" });
    expect(await store.getBucketDocument("box", "policy")).toBe('{"a":2}');
    await store.setBucketDocument("box", "policy", undefined);
    expect(await store.getBucketDocument("box", "policy")).toBeUndefined();
    expect((await list(store, "box")).map(({ key }) => key)).toEqual(["bucket-encryption.xml"]);
  });
});

describe("files that somebody put there", () => {
  test("are plain objects, with the type of their extension and an ETag that is no MD5", async () => {
    await using directory = new TestDirectory();
    mkdirSync(join(directory.path, "box/pictures"), { recursive: true });
    writeFileSync(join(directory.path, "box/pictures/cat.jpg"), "cat");
    writeFileSync(join(directory.path, "box/empty"), "");
    const store = await directory.open();
    expect((await store.listBuckets({ prefix: "", after: "", limit: 10 })).buckets.map(({ name }) => name))
      .toEqual(["box"]);
    expect((await list(store, "box")).map(({ key, size }) => [key, size])).toEqual([
      ["empty", 0],
      ["pictures/cat.jpg", 3],
    ]);
    expect(await store.head("box", "pictures/cat.jpg")).toMatchObject({
      size: 3,
      etag: "00000000000000000000000000000000-1",
      metadata: { "content-type": "image/jpeg" },
    });
    expect(await store.head("box", "empty")).toMatchObject({
      metadata: { "content-type": "application/octet-stream" },
    });
    expect(await readObject(store, "box", "pictures/cat.jpg")).toEqual(Buffer.from("cat"));
    const { revision = "" } = await store.head("box", "empty") ?? {};
    const changed = await store.replaceAttributes({
      bucket: "box",
      key: "empty",
      revision,
      attributes: attributesOf(0, { "content-type": "x/y" }),
    });
    expect(changed.metadata).toEqual({ "content-type": "x/y" });
    await put(store, "box", "pictures/cat.jpg", bytesOf(5));
    expect(await readObject(store, "box", "pictures/cat.jpg")).toEqual(bytesOf(5));
    expect(await store.deleteObject({ bucket: "box", key: "pictures/cat.jpg" })).toBeDefined();
  });

  test("in the place of a plain object are served, in the place of an encrypted one are not", async () => {
    await using directory = new TestDirectory();
    const store = await directory.open();
    await store.createBucket("box");
    await put(store, "box", "plain", bytesOf(10));
    await store.putObject({
      bucket: "box",
      key: "secret",
      body: bodyOf(bytesOf(132)),
      attributes: () => ({ size: 100, etag: SEALED, metadata: ENCRYPTED }),
    });
    for (const key of ["plain", "secret"]) writeFileSync(join(directory.path, "box", key), "by hand");
    expect(await readObject(store, "box", "plain")).toEqual(Buffer.from("by hand"));
    await expectCode(store.head("box", "secret"), "XMinioObjectTampered");
    await expectCode(store.open("box", "secret"), "XMinioObjectTampered");
    expect((await list(store, "box")).map(({ key, size }) => [key, size])).toEqual([["plain", 7], [
      "secret",
      7,
    ]]);
  });

  test("that are no files are not there, and links lead nowhere outside", async () => {
    await using directory = new TestDirectory();
    await using elsewhere = new TestDirectory();
    const box = join(directory.path, "box");
    mkdirSync(join(box, "d"), { recursive: true });
    writeFileSync(join(elsewhere.path, "secret"), "secret");
    writeFileSync(join(box, "d/file"), "inside");
    execFileSync("mkfifo", [join(box, "pipe")]);
    const socket = createServer().listen(join(box, "socket"));
    await new Promise((resolve) => socket.once("listening", resolve));
    symlinkSync(elsewhere.path, join(box, "away"));
    symlinkSync(join(elsewhere.path, "secret"), join(box, "away-file"));
    symlinkSync(join(directory.path, ".minio.sys"), join(box, "system"));
    symlinkSync("d", join(box, "link"));
    symlinkSync("d/file", join(box, "link-file"));
    symlinkSync("loop", join(box, "loop"));
    symlinkSync(box, join(box, "d/up"));
    symlinkSync("missing", join(box, "dangling"));
    symlinkSync(elsewhere.path, join(directory.path, "bucket-away"));
    const store = await directory.open();
    try {
      expect((await list(store, "box")).map(({ key }) => key)).toEqual(["d/file", "link-file", "link/file"]);
      for (const key of ["d/file", "link/file", "link-file"]) {
        expect(await readObject(store, "box", key)).toEqual(Buffer.from("inside"));
      }
      const missing = [
        "away/secret",
        "away-file",
        "system/format.json",
        "pipe",
        "socket",
        "loop",
        "loop/x",
        "dangling",
      ];
      for (const key of missing) expect([key, await store.head("box", key)]).toEqual([key, undefined]);
      for (const key of ["away/new", "system/new", "away/x/y"]) {
        await expectCode(put(store, "box", key, bytesOf(1)), "XMinioParentIsObject");
      }
      expect(elsewhere.has("new")).toBe(false);
      expect(await store.getBucket("bucket-away")).toBeUndefined();
      await expectCode(put(store, "bucket-away", "x", bytesOf(1)), "NoSuchBucket");
      // What takes the place of a link outside is a file, and what is behind the link stays.
      await put(store, "box", "away-file", bytesOf(3));
      expect(elsewhere.text("secret")).toBe("secret");
      expect(directory.bytes("box/away-file")).toEqual(bytesOf(3));
    } finally {
      socket.close();
    }
  });
});

describe("an fs.json that is damaged", () => {
  const DAMAGED = [
    "not JSON",
    '{"version":"9"}',
    '{"version":"1.0.2","meta":{"etag":5}}',
    "x".repeat(17 * 1024 * 1024),
  ];

  test.each(DAMAGED)("makes its object unavailable, stays, and hides no other: %.20s", async (text) => {
    await using directory = new TestDirectory();
    const store = await directory.open();
    await store.createBucket("box");
    for (const key of ["a", "hurt", "z"]) await put(store, "box", key, bytesOf(10));
    const path = join(directory.path, ".minio.sys/buckets/box/hurt/fs.json");
    writeFileSync(path, text);
    for (let i = 0; i < 2; i++) {
      await expectCode(store.head("box", "hurt"), "XMinioObjectTampered");
      await expectCode(store.open("box", "hurt"), "XMinioObjectTampered");
      expect((await list(store, "box")).map(({ key }) => key)).toEqual(["a", "hurt", "z"]);
      expect(directory.fsJson("box", "hurt") === text).toBe(true);
    }
    expect(await readObject(store, "box", "z")).toEqual(bytesOf(10));
    await store.deleteObject({ bucket: "box", key: "hurt" });
    await put(store, "box", "hurt", bytesOf(20));
    expect(await readObject(store, "box", "hurt")).toEqual(bytesOf(20));
  });

  test("of an upload makes that one unavailable, and hides no other", async () => {
    await using directory = new TestDirectory();
    const store = await directory.open();
    await store.createBucket("box");
    const [one, other] = [
      await store.createUpload({ bucket: "box", key: "one", metadata: {} }),
      await store.createUpload({ bucket: "box", key: "other", metadata: {} }),
    ];
    const hash = createHash("sha256").update("box/one").digest("hex");
    writeFileSync(join(directory.path, ".minio.sys/multipart", hash, one.uploadId, "fs.json"), "{");
    await expectCode(store.getUpload(one), "XMinioObjectTampered");
    await expectCode(putPart(store, one, 1, bytesOf(1)), "XMinioObjectTampered");
    const query = { bucket: "box", prefix: "", delimiter: "", afterKey: "", afterUploadId: "", limit: 10 };
    expect((await store.listUploads(query)).uploads).toEqual([other]);
  });

  test("or is missing, for an object that is encrypted by its looks, is no leave to serve it", async () => {
    await using directory = new TestDirectory();
    const store = await directory.open();
    await store.createBucket("box");
    // One DARE package, and two of them.
    const small = Buffer.concat([Buffer.from("20006300", "hex"), bytesOf(128)]);
    const first = Buffer.concat([Buffer.from("2000ffff", "hex"), bytesOf(65_564)]);
    const large = Buffer.concat([first, Buffer.from("20006300", "hex"), bytesOf(128)]);
    for (const [key, bytes] of [["small", small], ["large", large]] as const) {
      writeFileSync(join(directory.path, "box", key), bytes);
      await expectCode(store.open("box", key), "XMinioObjectTampered");
      await expectCode(store.head("box", key), "XMinioObjectTampered");
    }
    // What a client sent itself looks as it likes.
    await put(store, "box", "small", small);
    expect(await readObject(store, "box", "small")).toEqual(small);
    expect((await list(store, "box")).map(({ key }) => key)).toEqual(["large", "small"]);
  });
});

describe("a directory that is no such directory", () => {
  const faultOf = async (make: (path: string) => void) => {
    await using directory = new TestDirectory();
    mkdirSync(join(directory.path, ".minio.sys"));
    make(directory.path);
    const thrown = await directory.open().then(() => undefined, (error: unknown) => error);
    return thrown instanceof StartError ? thrown.fault : thrown;
  };
  const format = (text: string) => (path: string) =>
    writeFileSync(join(path, ".minio.sys/format.json"), text);

  test("is refused with the reason", async () => {
    const xl = '{"version":"1","format":"xl","id":"x","xl":{"version":"3"}}';
    expect(await faultOf(format(xl))).toBe("erasure-coded");
    expect(await faultOf(format('{"version":"1","format":"fs","fs":{"version":"1"}}'))).toBe("older-format");
    expect(await faultOf(format("{"))).toBe("damaged");
    expect(await faultOf((path) => writeFileSync(join(path, "store.db"), ""))).toBe("embedded-layout");
  });

  test("without an id gets one, and otherwise stays as it is", async () => {
    await using directory = new TestDirectory();
    mkdirSync(join(directory.path, ".minio.sys"));
    format('{"version":"1","format":"fs","fs":{"version":"2"}}')(directory.path);
    const id = await (await directory.open()).getDocument("deployment-id");
    expect(directory.text(".minio.sys/format.json")).toContain(`"id":"${id}"`);
    expect(await (await directory.open()).getDocument("deployment-id")).toBe(id ?? "");
  });

  test("of several servers that find it empty gets one id", async () => {
    await using directory = new TestDirectory();
    const stores = await Promise.all(Array.from({ length: 4 }, () => directory.open()));
    const ids = await Promise.all(stores.map((store) => store.getDocument("deployment-id")));
    expect(new Set(ids).size).toBe(1);
  });
});
