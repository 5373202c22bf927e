import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../../src/crypto/secret.ts";
import type { Kms } from "../../src/kms/kms.ts";
import { masterKeyKms } from "../../src/kms/master-key.ts";
import { withRetiredKeys } from "../../src/kms/vault/retired-keys.ts";
import { completeMultipartUpload } from "../../src/s3/operations/complete-multipart-upload.ts";
import { createMultipartUpload } from "../../src/s3/operations/create-multipart-upload.ts";
import { headObject } from "../../src/s3/operations/head-object.ts";
import { putObject } from "../../src/s3/operations/put-object.ts";
import { uploadPart } from "../../src/s3/operations/upload-part.ts";
import { KEY, kmsOf } from "../kms/vault/double-kms.ts";
import { VaultDouble } from "../kms/vault/vault-double.ts";
import { vaultEnv } from "../kms/vault/vault-env.ts";
import { bytesOf, MIB, partList } from "../s3/upload-fixture.ts";
import { bodyFiles } from "../sse/bodies.ts";
import { customer, openScene, type Scene, SSE_S3 } from "../sse/scene.ts";
import { ACCESS_KEY, type RunningServer, SECRET_KEY, startServer } from "../running-server.ts";
import { runHere } from "./in-process.ts";
import { newPlace, start } from "./program.ts";

type Env = Readonly<Record<string, string>>;
const masterKey = (n: number) => ({ keyId: `key-${n}`, key: new Secret(Buffer.alloc(32, n)) });
const text = (n: number, id = `key-${n}`) => `${id}:${Buffer.alloc(32, n).toString("hex")}`;
const OLD: Env = { MINIO_SSE_MASTER_KEY: text(1) };
const BOTH: Env = { MINIO_SSE_MASTER_KEY: text(2), MINIO_SSE_MASTER_KEY_RETIRED: text(1) };

const PART = bytesOf(5 * MIB, 7);
const BODIES = { large: bytesOf(200_000, 1), small: bytesOf(10, 2) };

let directory: string;
let uploadId: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), "minio-ts-rewrap-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Objects of every kind and an unfinished upload, under a KMS. */
async function fill(kms: Kms): Promise<void> {
  await using scene = await openScene({ kms, directory });
  await scene.store.createBucket("box");
  for (const [key, body] of Object.entries(BODIES)) {
    await scene.run(putObject, { target: `/box/${key}`, body, headers: SSE_S3 });
  }
  await scene.upload("/box/parts", [PART, bytesOf(5, 3)], SSE_S3);
  await scene.run(putObject, { target: "/box/plain", body: "plain" });
  await scene.run(putObject, { target: "/box/customer", body: "customer", headers: customer(1) });
  const begun = await scene.run(createMultipartUpload, { target: "/box/going?uploads", headers: SSE_S3 });
  uploadId = encodeURIComponent(/<UploadId>([^<]+)</.exec(begun.text)?.[1] ?? "");
  await putPart(scene, 1, PART);
}

async function putPart(scene: Scene, number: number, body: Uint8Array): Promise<string> {
  const target = `/box/going?partNumber=${number}&uploadId=${uploadId}`;
  return (await scene.run(uploadPart, { target, body })).headers["ETag"] ?? "";
}

/** Reads all of it under a KMS, and finishes the upload. */
async function check(kms: Kms): Promise<void> {
  await using scene = await openScene({ kms, directory });
  for (const [key, body] of Object.entries(BODIES)) {
    expect(Buffer.compare(await scene.read(`/box/${key}`), body)).toBe(0);
  }
  expect((await scene.read("/box/parts")).length).toBe(PART.length + 5);
  expect((await scene.read("/box/plain")).toString()).toBe("plain");
  expect((await scene.read("/box/customer", customer(1))).toString()).toBe("customer");
  const named = [{ number: 1, etag: await putPart(scene, 1, PART) }, {
    number: 2,
    etag: await putPart(scene, 2, bytesOf(9, 4)),
  }];
  await scene.run(completeMultipartUpload, {
    target: `/box/going?uploadId=${uploadId}`,
    body: partList(named),
  });
  expect(Buffer.compare(await scene.read("/box/going"), Buffer.concat([PART, bytesOf(9, 4)]))).toBe(0);
}

/** What a client sees of each object, and the bodies on the disk. */
async function seen(kms: Kms): Promise<unknown> {
  await using scene = await openScene({ kms, directory });
  const heads = [];
  for (const key of ["large", "small", "parts", "plain"]) {
    const { headers } = await scene.run(headObject, { target: `/box/${key}` });
    heads.push([key, headers]);
  }
  return { heads, files: bodyFiles({ directory }) };
}

const rewrap = (env: Env, ...flags: string[]) => runHere(["rewrap", ...flags, directory], env);

test("rewrap moves everything from one master key to the next, after which the old one is of no use", async () => {
  const during = masterKeyKms(masterKey(2), [masterKey(1)]);
  await fill(masterKeyKms(masterKey(1)));
  const before = await seen(masterKeyKms(masterKey(1)));
  expect(await rewrap(BOTH)).toEqual({
    code: 0,
    out: [
      'Data keys under master key "key-2", 1 retired:',
      "",
      "  OBJECTS  UPLOADS",
      "        1        0  plain",
      "        3        1  sealed anew",
      "        1        0  sealed by their customers, as they stay",
      "",
      "The key of the storage itself: sealed anew.",
      "",
    ].join("\n"),
  });
  expect(await seen(during)).toEqual(before);
  await check(masterKeyKms(masterKey(2)));
});

test("rewrap notices a new key behind an old id", async () => {
  await fill(masterKeyKms({ ...masterKey(1), keyId: "same" }));
  const env = { MINIO_SSE_MASTER_KEY: text(2, "same"), MINIO_SSE_MASTER_KEY_RETIRED: text(1, "same") };
  const { code, out } = await rewrap(env);
  expect([code, out]).toEqual([0, expect.stringContaining("The key of the storage itself: sealed anew.\n")]);
  await check(masterKeyKms({ ...masterKey(2), keyId: "same" }));
});

test("rewrap that is done again finds everything done", async () => {
  await fill(masterKeyKms(masterKey(1)));
  await rewrap(BOTH);
  const { code, out } = await rewrap(BOTH, "--json");
  expect([code, JSON.parse(out)]).toEqual([0, {
    kms: 'master key "key-2", 1 retired',
    dataKeys: [
      { outcome: "none", objects: 1, uploads: 0 },
      { outcome: "sse-c", objects: 1, uploads: 0 },
      { outcome: "current", objects: 3, uploads: 1 },
    ],
    storeKey: "current",
  }]);
});

test("rewrap --dry-run counts what is sealed under which key, takes no KMS and changes nothing", async () => {
  await fill(masterKeyKms(masterKey(1)));
  const before = await seen(masterKeyKms(masterKey(1)));
  expect(await rewrap({}, "--dry-run")).toEqual({
    code: 0,
    out: [
      `Data keys in ${directory} (embedded):`,
      "",
      "  OBJECTS  UPLOADS",
      "        1        0  plain",
      "        1        0  sealed by their customers",
      '        3        1  sealed under "key-1"',
      "",
      'The key of the storage itself: sealed under "key-1".',
      "",
    ].join("\n"),
  });
  expect(await seen(masterKeyKms(masterKey(1)))).toEqual(before);
});

describe("rewrap with Vault", () => {
  let double: VaultDouble;
  beforeEach(async () => {
    double = await new VaultDouble().listen();
    double.addRing(KEY);
  });
  afterEach(() => double.stop());

  async function filled(): Promise<void> {
    const kms = kmsOf(double);
    await fill(kms);
    await kms.close();
  }

  const versions = async () => {
    const { dataKeys, storeKey } = JSON.parse((await rewrap({}, "--dry-run", "--json")).out);
    return [...dataKeys.filter(({ kind }: { kind: string }) => kind === "sse-s3"), storeKey];
  };

  test("moves everything to the new version of the key ring", async () => {
    await filled();
    const sealed = { kind: "sse-s3", keyId: KEY, version: 1, objects: 3, uploads: 1 };
    expect(await versions()).toEqual([sealed, { keyId: KEY, version: 1 }]);
    double.rings.get(KEY)?.rotate();
    double.calls = [];
    expect((await rewrap(vaultEnv(double))).code).toBe(0);
    expect(await versions()).toEqual([{ ...sealed, version: 2 }, { keyId: KEY, version: 2 }]);
    // Objects, upload and the storage's own key; no data key was opened for it but that of the storage.
    expect(double.count(`transit/rewrap/${KEY}`)).toBe(5);
    expect(double.count(`transit/decrypt/${KEY}`)).toBe(2);
    const kms = kmsOf(double);
    await check(kms);
    await kms.close();
  });

  test("moves everything from a master key to Vault", async () => {
    await fill(masterKeyKms(masterKey(1)));
    const env = { ...vaultEnv(double), MINIO_SSE_MASTER_KEY_RETIRED: text(1) };
    expect((await rewrap(env)).code).toBe(0);
    expect(await versions()).toEqual([
      { kind: "sse-s3", keyId: KEY, version: 1, objects: 3, uploads: 1 },
      { keyId: KEY, version: 1 },
    ]);
    const kms = withRetiredKeys(kmsOf(double), []);
    await check(kms);
    await kms.close();
  });

  test("says which path the policy lacks, and changes nothing", async () => {
    await filled();
    double.rings.get(KEY)?.rotate();
    double.policy = (path) => !path.includes("/rewrap/");
    const { code, out } = await rewrap(vaultEnv(double));
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(
        /^ERROR The KMS does not serve: transit\/rewrap\/my-minio-key: Vault answered 403/,
      ),
    ]);
    expect((await versions())[0].version).toBe(1);
  });

  test("has a running server do so a second after the rotation", async () => {
    await filled();
    const server = await startServer({ directory, env: vaultEnv(double) });
    const env = { MINIO_ROOT_USER: ACCESS_KEY, MINIO_ROOT_PASSWORD: SECRET_KEY };
    double.rings.get(KEY)?.rotate();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const { code } = await runHere(["rewrap", server.url], env);
    await server.stop();
    server.remove();
    expect(code).toBe(0);
    expect(await versions()).toEqual([
      { kind: "sse-s3", keyId: KEY, version: 1, objects: 0, uploads: 1 },
      { kind: "sse-s3", keyId: KEY, version: 2, objects: 3, uploads: 0 },
      { keyId: KEY, version: 1 },
    ]);
  }, 30_000);

  test("waits out a short outage", async () => {
    await filled();
    double.rings.get(KEY)?.rotate();
    double.troubled = (path) => path.includes("/rewrap/");
    double.trouble = "500";
    setTimeout(() => void (double.trouble = "none"), 500);
    expect((await rewrap(vaultEnv(double))).code).toBe(0);
    expect((await versions())[0]).toMatchObject({ version: 2, objects: 3, uploads: 1 });
  });
});

test("rewrap goes on after an object whose record is damaged, and exits with 1", async () => {
  await fill(masterKeyKms(masterKey(1)));
  {
    await using scene = await openScene({ kms: masterKeyKms(masterKey(1)), directory });
    const { revision, size, etag, metadata } = await scene.record("/box/small");
    const attributes = { size, etag, metadata: { ...metadata, "content-type": "text/evil" } };
    await scene.store.replaceAttributes({ bucket: "box", key: "small", revision, attributes });
  }
  const { code, out } = await rewrap(BOTH);
  expect([code, out.split("\n")[0]]).toEqual([
    1,
    "failed   box/small: the record is not the one that was sealed",
  ]);
  expect(out).toContain("        1        0  failed\n");
  expect(out).toContain("        2        1  sealed anew\n");
});

test("rewrap leaves a directory alone that a server is using, and says how to go on", async () => {
  await fill(masterKeyKms(masterKey(1)));
  await using _running = await openScene({ kms: masterKeyKms(masterKey(1)), directory });
  const { code, out } = await rewrap(BOTH);
  expect([code, out]).toEqual([
    1,
    `ERROR ${directory} is in use by a running server.\n` +
    "      > Stop the server first, or give its URL in place of the directory: " +
    "then it seals the keys of its objects itself.\n",
  ]);
});

test("rewrap makes no store where there is none, and nothing without a KMS", async () => {
  const { code, out } = await rewrap(BOTH);
  expect([code, out]).toEqual([1, expect.stringContaining(`${directory} holds no objects.`)]);
  const missing = await runHere(["rewrap", join(directory, "none")], BOTH);
  expect([missing.code, missing.out]).toEqual([1, expect.stringContaining("none does not exist.")]);
  await fill(masterKeyKms(masterKey(1)));
  expect((await rewrap({})).out).toStartWith(
    "ERROR No KMS is configured under which anything could be sealed.",
  );
  expect((await rewrap({ MINIO_SSE_MASTER_KEY: text(2) })).out).toStartWith("ERROR Unable to setup the KMS");
});

test(
  "rewrap that is killed at any moment leaves every object whole, and is finished by the next",
  async () => {
    const count = 600;
    const body = bytesOf(100, 5);
    {
      await using scene = await openScene({ kms: masterKeyKms(masterKey(1)), directory });
      await scene.store.createBucket("box");
      await Promise.all(
        Array.from(
          { length: count },
          (_, i) => scene.run(putObject, { target: `/box/${i}`, body, headers: SSE_S3 }),
        ),
      );
    }
    const place = newPlace();
    try {
      const renewed = [];
      for (const delay of [0, 10, 20, 40, 80]) {
        const program = start(place, ["rewrap", directory], BOTH);
        await new Promise((resolve) => setTimeout(resolve, 150 + delay));
        program.child.kill("SIGKILL");
        await program.ended;
        const { out } = await rewrap({}, "--dry-run", "--json");
        const keys = JSON.parse(out).dataKeys as { keyId: string; objects: number }[];
        expect(keys.reduce((sum, { objects }) => sum + objects, 0)).toBe(count);
        renewed.push(keys.find(({ keyId }) => keyId === "key-2")?.objects ?? 0);
        await using scene = await openScene({ kms: masterKeyKms(masterKey(2), [masterKey(1)]), directory });
        for (const i of [0, 1, 299, 300, count - 1]) {
          expect(Buffer.compare(await scene.read(`/box/${i}`), body)).toBe(0);
        }
      }
      expect(renewed).toEqual([...renewed].sort((a, b) => a - b));
      expect((await rewrap(BOTH)).code).toBe(0);
      await using scene = await openScene({ kms: masterKeyKms(masterKey(2)), directory });
      for (let i = 0; i < count; i++) {
        expect(Buffer.compare(await scene.read(`/box/${i}`), body)).toBe(0);
      }
    } finally {
      place.remove();
    }
  },
  60_000,
);

test.each([[["rewrap"]], [["rewrap", "a", "b"]], [["rewrap", "--dryrun", "a"]], [[
  "rewrap",
  "--json=1",
  "a",
]]])(
  "%j makes no sense",
  async (words) => {
    const { code, out } = await runHere(words, OLD);
    expect([code, out]).toEqual([1, expect.stringContaining('Incorrect usage of "minio-ts rewrap"')]);
  },
);

describe("rewrap of a running server", () => {
  let server: RunningServer;
  let env: Env;
  beforeEach(async () => {
    await fill(masterKeyKms(masterKey(1)));
    server = await startServer({ directory, env: BOTH });
    env = { MINIO_ROOT_USER: ACCESS_KEY, MINIO_ROOT_PASSWORD: SECRET_KEY };
  });
  afterEach(async () => {
    await server.stop();
    server.remove();
  });

  test("has it seal the keys of its objects itself", async () => {
    const { code, out } = await runHere(["rewrap", server.url], env);
    expect([code, out]).toEqual([
      0,
      [
        `Data keys of ${server.url}:`,
        "",
        "  OBJECTS",
        "        2  plain, or sealed by their customers",
        "        3  sealed under the current key",
        "",
        "Unfinished uploads, and the key of the storage itself, are sealed anew when the server is stopped and its " +
        "directory is given.",
        "",
      ].join("\n"),
    ]);
    const json = await runHere(["rewrap", "--json", server.url], env);
    expect(JSON.parse(json.out)).toEqual({
      server: server.url,
      dataKeys: [{ outcome: "unsealed", objects: 2 }, { outcome: "done", objects: 3 }],
    });
    await server.stop();
    const { dataKeys } = JSON.parse((await rewrap({}, "--dry-run", "--json")).out);
    expect(dataKeys).toContainEqual({ kind: "sse-s3", keyId: "key-2", objects: 3, uploads: 0 });
    expect((await rewrap(BOTH)).code).toBe(0);
    await check(masterKeyKms(masterKey(2)));
  }, 30_000);

  test("says what is wrong with who asks, or what is asked", async () => {
    const stranger = await runHere(["rewrap", server.url], {
      ...env,
      MINIO_ROOT_PASSWORD: "another password",
    });
    expect([stranger.code, stranger.out]).toEqual([
      1,
      expect.stringMatching(/^ERROR Unable to use the server: http.* does not accept the secret key/),
    ]);
    const counted = await runHere(["rewrap", "--dry-run", server.url], env);
    expect(counted.out).toContain("--dry-run takes a directory");
    await server.stop();
    expect((await runHere(["rewrap", server.url], env)).out).toStartWith("ERROR Unable to use the server: ");
  }, 30_000);
});
