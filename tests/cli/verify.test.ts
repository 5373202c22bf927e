import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../../src/crypto/secret.ts";
import { masterKeyKms } from "../../src/kms/master-key.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { bytesOf, MIB } from "../s3/upload-fixture.ts";
import { bodyFiles } from "../sse/bodies.ts";
import { customer, type Headers, openScene, SSE_S3 } from "../sse/scene.ts";
import { runHere } from "./in-process.ts";

const KMS = masterKeyKms({ keyId: "my-key", key: new Secret(Buffer.alloc(32, 1)) });
const OTHER = masterKeyKms({ keyId: "old-key", key: new Secret(Buffer.alloc(32, 2)) });
const ENV = { MINIO_SSE_MASTER_KEY: `my-key:${Buffer.alloc(32, 1).toString("hex")}` };
const RETIRED = { MINIO_SSE_MASTER_KEY_RETIRED: `old-key:${Buffer.alloc(32, 2).toString("hex")}` };
const SIZE = 200_000;

let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), "minio-ts-verify-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Puts objects whose bodies are files, each with a size of its own: those of `kinds` in that order. */
async function fill(kinds: readonly Headers[]): Promise<void> {
  await using scene = await openScene({ kms: KMS, directory });
  await scene.store.createBucket("box");
  for (const [i, headers] of kinds.entries()) {
    await scene.run(putObject, { target: `/box/${i}`, body: bytesOf(SIZE + i, i), headers });
  }
}

/** The body file of that many stored bytes. */
function body(size: number): string {
  const blobs = join(directory, "blobs");
  const all = readdirSync(blobs, { recursive: true, encoding: "utf8" }).map((name) => join(blobs, name));
  const found = all.find((path) => statSync(path).isFile() && statSync(path).size === size);
  if (found === undefined) throw new Error(`there is no body of ${size} bytes`);
  return found;
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

const verify = (env: Readonly<Record<string, string>> = ENV, ...flags: string[]) =>
  runHere(["verify", ...flags, directory], env);
/** What it says of single objects. Several are read at a time. */
const faults = async () => (await verify()).out.split("\n").filter((line) => line.includes(" box/")).sort();

const STORED = SIZE + 4 * 32;

describe("verify", () => {
  test("reads every object of every kind, tells under which key it is, and changes nothing", async () => {
    await fill([SSE_S3, customer(1), {}]);
    {
      await using scene = await openScene({ kms: KMS, directory });
      await scene.upload("/box/parts", [bytesOf(5 * MIB, 1), bytesOf(9, 2)], SSE_S3);
      await scene.upload("/box/plain-parts", [bytesOf(5 * MIB, 1), bytesOf(9, 2)]);
      await scene.upload("/box/customer-parts", [bytesOf(5 * MIB, 1), bytesOf(9, 2)], customer(1));
      for (const [i, headers] of [SSE_S3, customer(1), {}].entries()) {
        await scene.run(putObject, { target: `/box/empty-${i}`, body: "", headers });
        await scene.run(putObject, { target: `/box/small-${i}`, body: "small", headers });
      }
    }
    const before = bodyFiles({ directory });
    const { code, out } = await verify();
    expect([code, out.split("\n").slice(1)]).toEqual([0, [
      "",
      "  OBJECTS",
      "        4  plain",
      "        4  sealed by their customers: sizes and structure are right, what is in them was not read",
      '        4  sealed under "my-key"',
      "",
      "Nothing is damaged.",
      "",
    ]]);
    expect(out).toStartWith(`Objects in ${directory} (embedded), 15.6 MiB read in `);
    expect(bodyFiles({ directory })).toEqual(before);
  });

  test("finds any byte that changed under SSE-S3, and goes on with the others", async () => {
    await fill([SSE_S3, {}]);
    const path = body(STORED);
    const whole = readFileSync(path);
    for (const at of [0, 1, 2, 15, 16, 65_567, 65_568, 70_000, STORED - 1]) {
      flip(path, at);
      const { code, out } = await verify();
      expect([at, code, out]).toEqual([at, 1, expect.stringMatching(/^damaged {2}box\/0: /)]);
      expect(out).toContain("        1  DAMAGED\n        1  plain\n\nNot all objects are whole.\n");
      writeFileSync(path, whole);
    }
    expect((await verify()).code).toBe(0);
  });

  test("finds a changed byte of a plain object, whole or in parts, by its MD5", async () => {
    await fill([{}]);
    {
      await using scene = await openScene({ kms: KMS, directory });
      await scene.upload("/box/parts", [bytesOf(5 * MIB, 1), bytesOf(MIB, 2)]);
    }
    flip(body(SIZE), 7);
    flip(body(MIB), 7);
    expect(await faults()).toEqual([
      "damaged  box/0: the content is not that of the ETag",
      "damaged  box/parts: the content is not that of the ETag",
    ]);
  });

  test("finds under SSE-C, whose keys are not there, what is cut, out of place or no package", async () => {
    await fill([customer(1), customer(1), customer(1), customer(1)]);
    truncateSync(body(STORED), STORED - 1);
    flip(body(STORED + 1), 65_568);
    flip(body(STORED + 2), 65_568 + 5);
    // What is in a package takes its key to be told from anything else.
    flip(body(STORED + 3), 1000);
    expect(await faults()).toEqual([
      expect.stringMatching(/^damaged {2}box\/0: .* ends before byte /),
      "damaged  box/1: unsupported version of DARE",
      expect.stringMatching(/^damaged {2}box\/2: /),
    ]);
  });

  test("tells an object whose bytes are gone from one whose bytes are damaged", async () => {
    await fill([SSE_S3, {}, customer(1)]);
    for (const size of [STORED, SIZE + 1, STORED + 2]) rmSync(body(size));
    const { code, out } = await verify();
    expect([code, out.match(/^missing {2}box\/\d: ENOENT/gm)?.length]).toEqual([1, 3]);
    expect(out).toContain("        3  MISSING: listed, but their bytes are gone\n");
  });

  test("finds a record that is not as it was written", async () => {
    await fill([SSE_S3]);
    {
      await using scene = await openScene({ kms: KMS, directory });
      const { revision, size, etag, metadata } = await scene.record("/box/0");
      const attributes = { size, etag, metadata: { ...metadata, "content-type": "text/evil" } };
      await scene.store.replaceAttributes({ bucket: "box", key: "0", revision, attributes });
    }
    expect(await faults()).toEqual(["damaged  box/0: the record is not the one that was sealed"]);
  });

  test("tells an object whose key is not there from a damaged one", async () => {
    await using old = await openScene({ kms: OTHER, directory });
    await old.store.createBucket("box");
    await old.run(putObject, { target: "/box/0", body: bytesOf(SIZE, 0), headers: SSE_S3 });
    await old.store.close();
    // The first start under both keys seals the key of the storage anew, but no object's.
    expect((await verify({ ...ENV, ...RETIRED })).code).toBe(0);
    const { code, out } = await verify();
    expect([code, out.split("\n")[0]]).toEqual([
      1,
      'closed   box/0: no master key opens a data key that was sealed under "old-key"',
    ]);
    expect((await verify({})).out).toStartWith("closed   box/0: no KMS is configured\n");
  });

  test("--json prints one line for each fault, and the numbers last", async () => {
    await fill([SSE_S3, SSE_S3, customer(1), {}]);
    flip(body(STORED), 100);
    const { code, out } = await verify(ENV, "--json");
    const [fault, numbers] = out.trim().split("\n").map((line) => JSON.parse(line));
    expect([code, fault]).toEqual([1, {
      state: "damaged",
      bucket: "box",
      key: "0",
      reason: expect.stringMatching(/./),
    }]);
    expect(numbers).toEqual({
      storage: `${directory} (embedded)`,
      whole: false,
      bytes: expect.any(Number),
      objects: [
        { state: "damaged", objects: 1 },
        { state: "intact", kind: "none", objects: 1 },
        { state: "intact", kind: "sse-c", objects: 1 },
        { state: "intact", kind: "sse-s3", keyId: "my-key", objects: 1 },
      ],
    });
  });

  test("shows a person how far it is, and keys as text that cannot steer the terminal", async () => {
    await fill([]);
    {
      await using scene = await openScene({ kms: KMS, directory });
      await scene.run(putObject, { target: "/box/%1B%5B2J", body: bytesOf(SIZE, 1), headers: SSE_S3 });
    }
    flip(body(STORED), 100);
    const { out } = await runHere(["verify", directory], ENV, true);
    expect(out).toContain("0 bytes of 195.3 KiB");
    expect(out).toContain("damaged  box/\\u001b[2J: ");
    expect(out.replaceAll("\r\u001b[K", "")).not.toContain("\u001b");
  });

  test("leaves a directory alone that a server is using, and one that holds nothing", async () => {
    {
      await using _running = await openScene({ kms: KMS, directory });
      expect((await verify()).out).toBe(
        `ERROR ${directory} is in use by a running server.\n` +
          "      > Stop the server first, or verify a copy of the directory.\n",
      );
    }
    const missing = await runHere(["verify", join(directory, "none")], ENV);
    expect([missing.code, missing.out]).toEqual([1, expect.stringContaining("none does not exist.")]);
    const { code, out } = await runHere(["verify"], ENV);
    expect([code, out]).toEqual([1, expect.stringContaining("the directory of the data is missing.")]);
  });
});
