import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import type { ObjectAttributes, ObjectRecord, Store, UploadRecord } from "../../../src/store/store.ts";
import { bodyOf, bytesOf, METADATA, put, putPart, readObject } from "../../conformance/fixture.ts";
import { TestDirectory } from "./directory.ts";
import { ERRORS, FileFaults } from "./file-faults.ts";

let faults: FileFaults;
beforeAll(async () => {
  faults = await FileFaults.install();
});
afterEach(() => faults.count());
afterAll(() => faults.uninstall());

/** In memory where that is possible: thousands of writes are flushed here. */
const PLACE = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

const IV = "X-Minio-Internal-Server-Side-Encryption-Iv";

/** An encrypted object of these many bytes of plaintext: metadata and bytes tell which one it is. */
function sealed(size: number): { readonly bytes: Uint8Array; readonly attributes: ObjectAttributes } {
  return {
    bytes: bytesOf(size + 32, size),
    attributes: { size, etag: `sealed-${size}`, metadata: { ...METADATA, [IV]: `iv of ${size}` } },
  };
}

function putSealed(store: Store, key: string, size: number): Promise<ObjectRecord> {
  const { bytes, attributes } = sealed(size);
  return store.putObject({ bucket: "box", key, body: bodyOf(bytes), attributes: () => attributes });
}

/**
 * What is under a key: nothing, or the size of the sealed object that is there, whole.
 * @throws when bytes and metadata are not of one object
 */
async function found(store: Store, key: string, listed = true): Promise<number | string | undefined> {
  const record = await store.head("box", key);
  if (record === undefined) {
    expect(await readObject(store, "box", key)).toBeUndefined();
    return undefined;
  }
  const bytes = await readObject(store, "box", key);
  if (record.etag.startsWith("etag-of")) {
    expect([record.metadata, bytes?.length]).toEqual([METADATA, record.size]);
    return record.etag;
  }
  const expected = sealed(record.size);
  expect(record).toMatchObject({ etag: expected.attributes.etag });
  expect(record.metadata[IV]).toBe(`iv of ${record.size}`);
  expect(bytes?.equals(expected.bytes)).toBe(true);
  // After faults that do not end, a write that could be neither finished nor undone shows to readers first.
  if (!listed) return record.size;
  const page = await store.listObjects({ bucket: "box", prefix: key, delimiter: "", after: "", limit: 1 });
  expect(page.objects[0]).toMatchObject({ key, size: record.size, etag: record.etag });
  return record.size;
}

/** A write on a store that was prepared for it. */
interface Scenario {
  readonly name: string;
  prepare(
    store: Store,
  ): Promise<{ run(): Promise<unknown>; state(store: Store, settled: boolean): Promise<unknown> }>;
  readonly before: unknown;
  readonly after: unknown;
}

const onKey = (
  key: string,
  before: number | undefined,
  after: number | string | undefined,
  run: (store: Store, was: ObjectRecord | undefined) => Promise<unknown>,
): Pick<Scenario, "prepare" | "before" | "after"> => ({
  before,
  after,
  async prepare(store) {
    await putSealed(store, "neighbour/a", 5);
    const was = before === undefined ? undefined : await putSealed(store, key, before);
    return {
      run: () => run(store, was),
      async state(store, settled) {
        expect(await found(store, "neighbour/a")).toBe(5);
        return await found(store, key, settled);
      },
    };
  },
});

/** A scenario on an upload with one part of an encrypted object. */
const onUpload = (
  run: (store: Store, upload: UploadRecord) => Promise<unknown>,
  state: (store: Store, upload: UploadRecord) => Promise<unknown>,
  before: unknown,
  after: unknown,
): Pick<Scenario, "prepare" | "before" | "after"> => ({
  before,
  after,
  async prepare(store) {
    const upload = await store.createUpload({ bucket: "box", key: "a/key", metadata: METADATA });
    await putPart(store, upload, 1, bytesOf(100));
    return { run: () => run(store, upload), state: (store) => state(store, upload) };
  },
});

const partSizes = async (store: Store, upload: UploadRecord) =>
  (await store.listParts(upload, { after: 0, limit: 10 })).parts.map(({ number, size }) => [number, size]);

const uploadOrObject = async (store: Store, upload: UploadRecord) => {
  const bytes = await readObject(store, "box", "a/key");
  if (bytes === undefined) return await partSizes(store, upload);
  expect(bytes.equals(bytesOf(100))).toBe(true);
  return (await store.head("box", "a/key"))?.parts.map(({ number, size }) => [number, size, "done"]);
};

const complete = async (store: Store, upload: UploadRecord) => {
  const { parts } = await store.listParts(upload, { after: 0, limit: 1 });
  return await store.completeUpload({
    ...upload,
    parts,
    attributes: { size: 100, etag: "whole", metadata: METADATA },
  });
};

const SCENARIOS: readonly Scenario[] = [
  { name: "a new object", ...onKey("a/b/key", undefined, 70, (store) => putSealed(store, "a/b/key", 70)) },
  { name: "an overwritten object", ...onKey("a/key", 300, 70, (store) => putSealed(store, "a/key", 70)) },
  {
    name: "a plain object in the place of an encrypted one",
    ...onKey("a/key", 300, "etag-of-7", (store) => put(store, "box", "a/key", bytesOf(7))),
  },
  {
    name: "a deleted object",
    ...onKey("a/key", 300, undefined, (store) => store.deleteObject({ bucket: "box", key: "a/key" })),
  },
  {
    name: "an object whose attributes are replaced",
    ...onKey("a/key", 300, "etag-of-332", (store, was) =>
      store.replaceAttributes({
        bucket: "box",
        key: "a/key",
        revision: was?.revision ?? "",
        attributes: { size: 332, etag: "etag-of-332", metadata: METADATA },
      })),
  },
  {
    name: "a part in the place of another",
    ...onUpload((store, upload) => putPart(store, upload, 1, bytesOf(200)), partSizes, [[1, 100]], [[
      1,
      200,
    ]]),
  },
  {
    name: "a second part",
    ...onUpload(
      (store, upload) => putPart(store, upload, 2, bytesOf(200)),
      partSizes,
      [[1, 100]],
      [[1, 100], [2, 200]],
    ),
  },
  { name: "a completed upload", ...onUpload(complete, uploadOrObject, [[1, 100]], [[1, 100, "done"]]) },
  {
    name: "an aborted upload",
    ...onUpload(
      (store, upload) => store.abortUpload(upload),
      (store, upload) =>
        store.getUpload(upload).then(
          () => partSizes(store, upload),
          (thrown) => (thrown as { code: string }).code,
        ),
      [[1, 100]],
      "NoSuchUpload",
    ),
  },
  {
    name: "the metadata of an upload",
    ...onUpload(
      (store, upload) => store.replaceUploadMetadata(upload, { a: "b" }),
      async (store, upload) => (await store.getUpload(upload)).metadata,
      METADATA,
      { a: "b" },
    ),
  },
  {
    name: "the document of a bucket",
    before: "old",
    after: "new",
    async prepare(store) {
      await store.setBucketDocument("box", "policy", "old");
      return {
        run: () => store.setBucketDocument("box", "policy", "new"),
        state: (store) => store.getBucketDocument("box", "policy"),
      };
    },
  },
];

/** Runs a scenario with a fault, and checks what is there afterwards, for this store and for one opened then. */
async function survive(
  { prepare, before, after }: Scenario,
  plan: () => void,
  allowed: (failed: boolean, call: string | undefined) => readonly unknown[],
): Promise<{ readonly calls: readonly string[]; readonly failed: boolean }> {
  await using directory = new TestDirectory(PLACE);
  const store = await directory.open();
  await store.createBucket("box");
  const { run, state } = await prepare(store);
  plan();
  let failed = false;
  try {
    await run();
  } catch {
    failed = true;
  }
  const calls = [...faults.calls];
  const call = faults.failed;
  faults.count();
  const possible = allowed(failed, call).map((which) => which === "before" ? before : after);
  const now = await state(store, false);
  expect([call, possible]).toEqual([call, expect.arrayContaining([now])]);
  await store.close();
  const reopened = await directory.open();
  expect(await state(reopened, false)).toEqual(now);
  // Whatever was left in staging is led home or removed.
  const staged = () => directory.files().filter((name) => name.startsWith(".minio.sys/tmp/"));
  for (let i = 0; i < 500 && staged().length > 0; i++) await Bun.sleep(2);
  expect(staged()).toEqual([]);
  await reopened.close();
  const again = await directory.open();
  expect(await state(again, true)).toEqual(now);
  await putSealed(again, "a/key", 11);
  expect(await found(again, "a/key")).toBe(11);
  return { calls, failed };
}

/** What may be there after one call failed. What was done and is not known to be durable is told as a failure. */
function afterOneFault(failed: boolean, call: string | undefined): readonly unknown[] {
  if (!failed) return ["after"];
  return call === "sync" ? ["before", "after"] : ["before"];
}

describe.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))("%s", (_name, scenario) => {
  const callsOf = async () => (await survive(scenario, () => faults.count(), () => ["after"])).calls;

  test("is the old one or the new one when any one call of a file fails", async () => {
    const calls = await callsOf();
    expect(calls.length).toBeGreaterThan(8);
    let failures = 0;
    for (let i = 0; i < calls.length; i++) {
      const error = ERRORS[i % ERRORS.length] ?? "EIO";
      const { failed } = await survive(
        scenario,
        () => faults.fail(i, error),
        afterOneFault,
      );
      if (failed) failures++;
    }
    // Most calls matter, and what fails is told.
    expect(failures).toBeGreaterThan(calls.length / 3);
  }, 120_000);

  test("is the old one or the new one when from any call on every call fails", async () => {
    const calls = await callsOf();
    for (let i = 0; i < calls.length; i++) {
      const error = ERRORS[(i + 1) % ERRORS.length] ?? "EIO";
      await survive(
        scenario,
        () => faults.fail(i, error, true),
        (failed) => failed ? ["before", "after"] : ["after"],
      );
    }
  }, 120_000);

  test("is the new one when every write takes only half of its bytes", async () => {
    await survive(scenario, () => faults.writeShort(), () => ["after"]);
  });
});

describe("an overwritten object", () => {
  const [, scenario] = SCENARIOS;

  test.each(ERRORS)("is whole after %s at any call", async (error) => {
    if (scenario === undefined) throw new Error("there is a scenario");
    const { calls } = await survive(scenario, () => faults.count(), () => ["after"]);
    for (let i = 0; i < calls.length; i++) {
      await survive(scenario, () => faults.fail(i, error), afterOneFault);
    }
  }, 120_000);
});
