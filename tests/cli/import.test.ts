import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../../src/crypto/secret.ts";
import { masterKeyKms } from "../../src/kms/master-key.ts";
import { getObject } from "../../src/s3/operations/get-object.ts";
import { getObjectAttributes } from "../../src/s3/operations/get-object-attributes.ts";
import { headObject } from "../../src/s3/operations/head-object.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { bytesOf, MIB } from "../s3/upload-fixture.ts";
import { bodyFiles } from "../sse/bodies.ts";
import { customer, type Headers, openScene, SSE_S3, uploadInParts } from "../sse/scene.ts";
import { runHere } from "./in-process.ts";
import { nasServer } from "./nas-server.ts";
import { newPlace, start } from "./program.ts";

const masterKey = (n: number) => ({ keyId: `key-${n}`, key: new Secret(Buffer.alloc(32, n)) });
const KMS = masterKeyKms(masterKey(1));
const ENV = { MINIO_SSE_MASTER_KEY: `key-1:${Buffer.alloc(32, 1).toString("hex")}` };
const OTHER = { MINIO_SSE_MASTER_KEY: `key-2:${Buffer.alloc(32, 2).toString("hex")}` };
const SIZE = 200_000;

let root: string;
let old: string;
let fresh: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "minio-ts-import-"));
  old = join(root, "old");
  fresh = join(root, "new");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Puts objects into the old directory: `0`, `1` ... of the kinds in that order. */
async function fill(kinds: readonly Headers[]): Promise<void> {
  const server = await nasServer(old, ENV);
  await server.store.createBucket("box");
  for (const [i, headers] of kinds.entries()) {
    await server.run(putObject, { target: `/box/${i}`, body: bytesOf(SIZE + i, i), headers });
  }
  await server.close();
}

const imported = (env: Readonly<Record<string, string>> = ENV, ...flags: string[]) =>
  runHere(["import", ...flags, old, fresh], env);
/** The table of what became of the objects. */
const table = (out: string) =>
  out.split("\n").filter((line) => /^ +\d+ {2}/.test(line)).map((line) => line.trim());
const newScene = () => openScene({ kms: KMS, directory: fresh });

/** How many bodies lie in files, while they may come and go. */
function blobNames(): number {
  const blobs = join(fresh, "blobs");
  if (!existsSync(blobs)) return 0;
  return readdirSync(blobs, { recursive: true, encoding: "utf8" }).filter((name) => name.includes("/"))
    .length;
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

describe("import", () => {
  test("brings objects of every kind over, with all that a client is told of them", async () => {
    const kinds: Readonly<Record<string, Headers>> = { plain: {}, kms: SSE_S3, customer: customer(1) };
    const targets: (readonly [target: string, headers: Headers])[] = [];
    const parts = [bytesOf(5 * MIB, 1), bytesOf(SIZE, 2)];
    const told = { "content-type": "text/x-test", "x-amz-meta-a": "1", "cache-control": "no-store" };
    {
      const server = await nasServer(old, ENV);
      await server.store.createBucket("box");
      await server.store.setBucketDocument("box", "policy", '{"Statement":[]}');
      for (const [kind, headers] of Object.entries(kinds)) {
        const later = headers === SSE_S3 ? {} : headers;
        for (const [size, body] of [bytesOf(0, 1), bytesOf(10, 1), bytesOf(SIZE, 1)].entries()) {
          const target = `/box/${kind}-${size}`;
          const checksum = { "x-amz-sdk-checksum-algorithm": "CRC32" };
          await server.run(putObject, { target, body, headers: { ...told, ...checksum, ...headers } });
          targets.push([target, later]);
        }
        const checksum = { "x-amz-checksum-algorithm": "CRC32C", "x-amz-checksum-type": "FULL_OBJECT" };
        const target = `/box/${kind}-parts`;
        await uploadInParts(server.run, target, parts, { ...told, ...checksum, ...headers });
        targets.push([target, later]);
      }
      writeFileSync(join(old, "box", "by-hand.txt"), "by hand");
      await server.run(putObject, { target: "/box/folder/", body: "" });
      targets.push(["/box/by-hand.txt", {}], ["/box/folder/", {}]);
      await server.close();
    }
    for (const [target] of targets) utimesSync(join(old, target), 1_000_000_000, 1_000_000_000.123);

    const { code, out } = await imported();
    expect([code, table(out)]).toEqual([0, [
      "6  imported, plain",
      "4  imported, sealed by their customers",
      '4  imported, sealed under "key-1"',
    ]]);
    const server = await nasServer(old, ENV);
    await using scene = await newScene();
    expect(await scene.store.getBucketDocument("box", "policy")).toBe('{"Statement":[]}');
    expect(await scene.store.getBucket("box")).toEqual(await server.store.getBucket("box"));
    for (const [target, sent] of targets) {
      const headers = { ...sent, "x-amz-checksum-mode": "ENABLED" };
      const [was, is] = await Promise.all([
        server.run(getObject, { target, headers }),
        scene.run(getObject, { target, headers }),
      ]);
      expect([target, is.headers]).toEqual([target, was.headers]);
      expect(was.headers["Last-Modified"]).toBe("Sun, 09 Sep 2001 01:46:40 GMT");
      expect(was.bytes.equals(is.bytes)).toBe(true);
      if (!target.endsWith("-parts")) continue;
      const asked = { ...sent, "x-amz-object-attributes": "ETag,Checksum,ObjectParts,ObjectSize" };
      const sketch = { target: `${target}?attributes`, headers: asked };
      const attributes = await server.run(getObjectAttributes, sketch);
      expect(attributes.bytes.toString()).toContain("<ChecksumCRC32C>");
      expect((await scene.run(getObjectAttributes, sketch)).text).toBe(attributes.bytes.toString());
      const ranged = { ...sent, range: `bytes=${5 * MIB - 10}-${5 * MIB + 9}` };
      const range = await scene.run(getObject, { target, headers: ranged });
      expect(Buffer.from(range.bytes).equals(was.bytes.subarray(5 * MIB - 10, 5 * MIB + 10))).toBe(true);
    }
    await server.close();
  });

  test("leaves what verify finds whole, and what rewrap seals anew", async () => {
    await fill([{}, SSE_S3, customer(1)]);
    expect((await imported()).code).toBe(0);
    expect((await runHere(["verify", fresh], ENV)).out).toContain("Nothing is damaged.");
    const both = { ...OTHER, MINIO_SSE_MASTER_KEY_RETIRED: ENV.MINIO_SSE_MASTER_KEY };
    expect((await runHere(["rewrap", fresh], both)).code).toBe(0);
    expect((await runHere(["verify", fresh], OTHER)).out).toContain("Nothing is damaged.");
    await using scene = await openScene({ kms: masterKeyKms(masterKey(2)), directory: fresh });
    for (const [i, headers] of [{}, {}, customer(1)].entries()) {
      expect((await scene.read(`/box/${i}`, headers)).equals(bytesOf(SIZE + i, i))).toBe(true);
    }
  });

  test("passes over what is there, keeps what is newer, and brings what has changed since", async () => {
    await fill([{}, SSE_S3, {}, customer(1)]);
    await imported();
    const files = bodyFiles({ directory: fresh });
    expect(table((await imported()).out)).toEqual(["4  there already"]);
    expect(bodyFiles({ directory: fresh })).toEqual(files);

    {
      await using scene = await newScene();
      await scene.run(putObject, { target: "/box/0", body: "written here" });
      await scene.store.setBucketDocument("box", "policy", "here");
    }
    const server = await nasServer(old, ENV);
    await server.run(putObject, { target: "/box/2", body: "written there", headers: SSE_S3 });
    await server.store.setBucketDocument("box", "policy", "there");
    await server.close();
    expect(table((await imported()).out)).toEqual([
      '1  imported, sealed under "key-1"',
      "1  kept: written in the new directory since",
      "2  there already",
    ]);
    await using scene = await newScene();
    expect((await scene.read("/box/0")).toString()).toBe("written here");
    expect((await scene.read("/box/2")).toString()).toBe("written there");
    expect(await scene.store.getBucketDocument("box", "policy")).toBe("here");
  });

  test("goes on where a kill has ended it, with nothing torn and nothing twice", async () => {
    const count = 24;
    await fill(Array.from({ length: count }, (_, i) => [{}, SSE_S3, customer(1)][i % 3] ?? {}));
    const place = newPlace();
    for (const enough of [1, 10]) {
      const program = start(place, ["import", old, fresh], ENV);
      while (blobNames() < enough && program.child.exitCode === null) await Bun.sleep(1);
      program.child.kill("SIGKILL");
      await program.ended;
      if (!existsSync(join(fresh, "store.db"))) continue;
      // What is there is whole, whenever the end came.
      expect((await runHere(["verify", fresh], ENV)).code).toBe(0);
    }
    place.remove();
    const { code, out } = await imported();
    expect([code, out]).toEqual([0, expect.stringContaining("Every object is there.")]);
    expect((await runHere(["verify", "--json", fresh], ENV)).out).toContain('"whole":true');
    await using scene = await newScene();
    for (let i = 0; i < count; i++) {
      const headers = i % 3 === 2 ? customer(1) : {};
      expect((await scene.read(`/box/${i}`, headers)).equals(bytesOf(SIZE + i, i))).toBe(true);
    }
    // The files of writes that were cut off are swept away soon after a start.
    while (blobNames() > count) await Bun.sleep(1);
    expect(blobNames()).toBe(count);
  });

  test("tells what is damaged, and goes on with the others", async () => {
    await fill([{}, SSE_S3, customer(1), SSE_S3, SSE_S3, {}, SSE_S3, customer(1)]);
    const object = (i: number) => join(old, "box", String(i));
    const metadata = (i: number) => join(old, ".minio.sys/buckets/box", String(i), "fs.json");
    flip(object(0), 1000);
    flip(object(1), 150_000);
    flip(object(2), 65_568);
    rmSync(metadata(3));
    writeFileSync(metadata(4), "{");
    const { code, out } = await imported();
    expect([code, out.split("\n").filter((line) => line.includes(" box/")).sort()]).toEqual([1, [
      "damaged  box/0: the content is not that of the ETag",
      expect.stringMatching(/^damaged {2}box\/1: /),
      expect.stringMatching(/^damaged {2}box\/2: /),
      expect.stringMatching(/^damaged {2}box\/3: .*the file is encrypted, and its fs.json/),
      expect.stringMatching(/^damaged {2}box\/4: .*fs.json/),
    ]]);
    expect(table(out)).toContain("5  DAMAGED, and not imported");
    expect(out).toContain("Not all objects are there.\n");
    const verified = await runHere(["verify", fresh], ENV);
    expect([verified.code, table(verified.out)[0]]).toEqual([0, "1  plain"]);
    expect(bodyFiles({ directory: fresh }).length).toBe(3);
  });

  test("writes nothing without the keys of encrypted objects, and names them", async () => {
    await fill([{}, SSE_S3, SSE_S3, customer(1)]);
    const without = await imported({});
    expect([without.code, without.out]).toEqual([
      1,
      `ERROR There are encrypted objects in ${old}, and no KMS is configured. Nothing was written.\n` +
      "      > Configure the KMS that these keys belong to, or leave encrypted objects behind with --plain-only.\n" +
      "      HELP:\n" +
      '        2 objects sealed under "key-1"\n' +
      "        1 object sealed by their customers\n",
    ]);
    const other = await imported(OTHER);
    expect([other.code, other.out]).toEqual([
      1,
      expect.stringContaining('"key-1": no master key opens a data key that was sealed under "key-1"'),
    ]);
    expect(existsSync(fresh)).toBe(false);
    const plain = await imported({}, "--plain-only");
    expect([plain.code, plain.out.split("\n").at(-2)]).toEqual([0, "Every plain object is there."]);
    expect(table(plain.out)).toEqual([
      "3  encrypted, and left behind",
      "1  imported, plain",
    ]);
    expect(table((await imported()).out)).toEqual([
      "1  imported, sealed by their customers",
      '2  imported, sealed under "key-1"',
      "1  there already",
    ]);
  });

  test("brings over what the KMS opens, and tells what is sealed under a key that is gone", async () => {
    await fill([SSE_S3]);
    const server = await nasServer(old, OTHER);
    await server.run(putObject, { target: "/box/other", body: "other", headers: SSE_S3 });
    await server.close();
    const { code, out } = await imported();
    expect([code, out.split("\n")[0], table(out)]).toEqual([
      1,
      'closed   box/other: no master key opens a data key that was sealed under "key-2"',
      [
        "1  CLOSED: their data keys do not open, so they were not imported",
        '1  imported, sealed under "key-1"',
      ],
    ]);
    const both = { ...ENV, MINIO_SSE_MASTER_KEY_RETIRED: OTHER.MINIO_SSE_MASTER_KEY };
    expect((await imported(both)).code).toBe(0);
  });

  test("--json prints one line for each fault, and the numbers last", async () => {
    await fill([SSE_S3, SSE_S3]);
    flip(join(old, "box", "0"), 100);
    const { code, out } = await imported(ENV, "--json");
    const [fault, numbers] = out.trim().split("\n").map((line) => JSON.parse(line));
    expect([code, fault, numbers]).toEqual([
      1,
      { state: "damaged", bucket: "box", key: "0", reason: expect.stringMatching(/./) },
      {
        from: old,
        to: fresh,
        complete: false,
        bytes: SIZE + 1 + 4 * 32,
        objects: [
          { state: "damaged", objects: 1 },
          { state: "imported", kind: "sse-s3", keyId: "key-1", objects: 1 },
        ],
        uploadsLeft: 0,
      },
    ]);
  });

  test("shows a person how far it is", async () => {
    await fill([{}]);
    const { out } = await runHere(["import", old, fresh], ENV, true);
    expect(out).toContain("0 bytes of 195.3 KiB");
    expect(out.replaceAll("\r\u001b[K", "")).not.toContain("\u001b");
  });

  test("leaves alone what is no directory of MinIO, and what is no place for its objects", async () => {
    const fatal = async (from: string, to: string, message: string) => {
      const { code, out } = await runHere(["import", from, to], ENV);
      expect([code, out]).toEqual([1, expect.stringContaining(message)]);
    };
    await fatal(old, fresh, `${old} does not exist.`);
    mkdirSync(old);
    await fatal(old, fresh, `${old} holds no data of MinIO: there is no .minio.sys/format.json in it.`);
    await fill([{}]);
    await fatal(old, old, `${old} is the directory to import from.`);
    await fatal(old, join(old, "box", "new"), "is in the directory to import from.");
    await fatal(old, root, `${root} is not empty, and no storage of minio-ts.`);
    writeFileSync(join(root, "file"), "");
    await fatal(old, join(root, "file"), "is not a directory.");
    {
      await using _running = await newScene();
      await fatal(old, fresh, `${fresh} is in use by a running server.`);
    }
    await fatal(fresh, join(root, "other"), `${fresh} holds no data of MinIO`);
    await fatal(old, "", "the directory to bring its objects to is missing.");
    const tmp = join(old, ".minio.sys/tmp/dead");
    mkdirSync(tmp);
    for (const name of ["alive", "0.target"]) writeFileSync(join(tmp, name), "");
    await fatal(old, fresh, "holds objects that a server was about to put in their place");
    expect(readdirSync(root).sort()).toEqual(["file", "new", "old"]);
  });
});

describe("an SSE-C object that was imported", () => {
  test("is served only as it was taken over, and only where the KMS opens the key of the storage", async () => {
    await fill([customer(1)]);
    await imported();
    {
      await using scene = await openScene({ kms: "none", directory: fresh });
      const error = await scene.fail(getObject, { target: "/box/0", headers: customer(1) });
      expect([error.code, error.message]).toEqual([
        "InvalidArgument",
        "Server side encryption specified but KMS is not configured",
      ]);
    }
    expect((await runHere(["verify", fresh], {})).out).toContain("closed   box/0: no KMS is configured");
    {
      await using scene = await newScene();
      const { revision, size, etag, metadata } = await scene.record("/box/0");
      const attributes = { size, etag, metadata: { ...metadata, "content-type": "text/evil" } };
      await scene.store.replaceAttributes({ bucket: "box", key: "0", revision, attributes });
      const error = await scene.fail(headObject, { target: "/box/0", headers: customer(1) });
      expect(error.code).toBe("XMinioObjectTampered");
    }
    expect((await runHere(["verify", fresh], ENV)).out).toContain(
      "damaged  box/0: the record is not the one that was taken over",
    );
  });
});

test("the old directory is the same after an import, down to the times of its files", async () => {
  await fill([{}, SSE_S3]);
  const seen = () =>
    readdirSync(old, { recursive: true, encoding: "utf8" }).sort().map((name) => {
      const { ino, size, mtimeMs, ctimeMs } = statSync(join(old, name));
      return `${name} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
    });
  const before = seen();
  expect((await imported()).code).toBe(0);
  expect(seen()).toEqual(before);
});
