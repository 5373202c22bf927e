import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { type Expectation, type ObjectRecord, ObjectReplaced, type Store } from "../../../src/store/store.ts";
import {
  attributesOf,
  bodyOf,
  bytesOf,
  expectCode,
  mustOpen,
  putPart,
  readRange,
} from "../../conformance/fixture.ts";
import { remoteStore, startBackend, type TestBackend } from "./backend.ts";

const bucket = "box";
const metadata = (color: string) => ({
  "X-Amz-Meta-Color": color,
  "X-Minio-Internal-Server-Side-Encryption-Iv": "",
});

let backend: TestBackend;
/** Two gateways in front of one backend. */
let stores: readonly [Store, Store];
/** Which completions of uploads do not arrive. */
let cut: (target: string) => boolean = () => false;
/** Which of them are refused. */
let refused: (target: string) => boolean = () => false;
beforeAll(async () => {
  backend = await startBackend({
    trouble(incoming, outgoing) {
      const { method, url = "" } = incoming;
      if (method !== "POST") return false;
      if (cut(url)) incoming.socket.destroy();
      else if (refused(url)) outgoing.writeHead(400, { "Content-Length": 0, "Connection": "close" }).end();
      else return false;
      return true;
    },
  });
  stores = [await remoteStore(backend, { encrypts: true }), await remoteStore(backend, { encrypts: true })];
  await stores[0].createBucket(bucket);
});
afterEach(() => {
  cut = () => false;
  refused = () => false;
});
afterAll(async () => {
  for (const store of stores) await store.close();
  await backend.close();
});

interface Writing {
  readonly key: string;
  readonly size: number;
  readonly color: string;
  readonly expect?: Expectation;
}

/** @param ready resolves when the bytes may be confirmed */
const put = (
  store: Store,
  { key, size, color, expect }: Writing,
  ready: () => Promise<void> = async () => {},
) =>
  store.putObject({
    bucket,
    key,
    body: bodyOf(bytesOf(size)),
    storedSize: size,
    metadata: metadata(color),
    attributes: async () => {
      await ready();
      return { ...attributesOf(size - 32), metadata: metadata(color) };
    },
    ...(expect === undefined ? {} : { expect }),
  });

/** Lets `count` writes go on when all of them have come here. */
function together(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  return () => {
    if (--count === 0) resolve();
    return promise;
  };
}

/** Reads as operations do: opens anew once the store says that something else is there. */
async function read(store: Store, key: string) {
  for (let attempt = 0;; attempt++) {
    const handle = await mustOpen(store, bucket, key);
    try {
      const { storedSize, metadata } = handle.record;
      return { bytes: await readRange(handle, 0, storedSize), color: metadata["X-Amz-Meta-Color"] };
    } catch (thrown) {
      if (!(thrown instanceof ObjectReplaced) || attempt > 0) throw thrown;
    }
  }
}

/** Which of the two won, after a look at what the other one was told. */
function winnerOf(outcomes: readonly PromiseSettledResult<ObjectRecord>[]): number {
  const refused = outcomes.flatMap((outcome) => outcome.status === "rejected" ? [outcome.reason] : []);
  expect(refused.map((thrown) => thrown instanceof S3Error ? thrown.code : thrown)).toEqual([
    "PreconditionFailed",
  ]);
  return outcomes.findIndex(({ status }) => status === "fulfilled");
}

async function unfinished(): Promise<number> {
  const query = { bucket, prefix: "", delimiter: "", afterKey: "", afterUploadId: "", limit: 10 };
  return (await backend.store.listUploads(query)).uploads.length;
}

const SIZES = [["small", 100], ["large", 400_000]] as const;

describe("of two gateways", () => {
  test.each(SIZES)("that create the same %s object at once, exactly one does", async (name, size) => {
    for (let round = 0; round < 4; round++) {
      const key = `created ${name} ${round}`;
      const ready = together(2);
      const writings = stores.map((store, i) =>
        put(store, { key, size: size + i, color: `by ${i}`, expect: { absent: true } }, ready)
      );
      const winner = winnerOf(await Promise.allSettled(writings));
      for (const store of stores) {
        expect(await read(store, key)).toEqual({ bytes: bytesOf(size + winner), color: `by ${winner}` });
      }
    }
    expect(await unfinished()).toBe(0);
  });

  test.each(SIZES)("that replace the same %s object at once, exactly one does", async (name, size) => {
    const key = `replaced ${name}`;
    let { revision } = await put(stores[0], { key, size: 300, color: "old" });
    for (let round = 0; round < 4; round++) {
      const ready = together(2);
      const writings = stores.map((store, i) =>
        put(store, { key, size: size + i, color: `by ${i}`, expect: { revision } }, ready)
      );
      const outcomes = await Promise.allSettled(writings);
      const winner = winnerOf(outcomes);
      for (const store of stores) {
        expect(await read(store, key)).toEqual({ bytes: bytesOf(size + winner), color: `by ${winner}` });
      }
      revision = (await stores[0].head(bucket, key))?.revision ?? "";
    }
    expect(await unfinished()).toBe(0);
  });

  test("that complete uploads of the same new object at once, exactly one does, and the other upload stays", async () => {
    const key = "completed";
    const uploads = await Promise.all(stores.map(async (store, i) => {
      const upload = await store.createUpload({ bucket, key, metadata: metadata(`by ${i}`) });
      return { ...upload, part: await putPart(store, upload, 1, bytesOf(300 + i)) };
    }));
    const outcomes = await Promise.allSettled(uploads.map(({ part, ...upload }, i) => {
      const attributes = { ...attributesOf(300 + i), metadata: metadata(`by ${i}`) };
      const store = stores[i] ?? stores[0];
      return store.completeUpload({ ...upload, parts: [part], attributes, expect: { absent: true } });
    }));
    const winner = winnerOf(outcomes);
    for (const store of stores) {
      expect(await read(store, key)).toEqual({ bytes: bytesOf(300 + winner), color: `by ${winner}` });
    }
    const lost = uploads[1 - winner];
    if (lost === undefined) throw new Error("there is no loser");
    expect((await stores[0].listParts(lost, { after: 0, limit: 10 })).parts.length).toBe(1);
    await stores[0].abortUpload(lost);
    expect(await unfinished()).toBe(0);
  });
});

describe("a conditional write whose data is refused behind its decision", () => {
  test.each([["no", undefined], ["the old", 300]])("leaves %s object, and no parts", async (name, size) => {
    const key = `refused ${name}`;
    const old = size === undefined ? undefined : await put(stores[0], { key, size, color: "old" });
    const expectation = old === undefined ? { absent: true } as const : { revision: old.revision };
    refused = (target) => target.includes("/.minio/data?uploadId=");
    await expectCode(
      put(stores[0], { key, size: 200, color: "new", expect: expectation }),
      "InvalidRequest",
    );
    if (size === undefined) expect(await stores[1].head(bucket, key)).toBeUndefined();
    else expect(await read(stores[1], key)).toEqual({ bytes: bytesOf(size), color: "old" });
    expect(await unfinished()).toBe(0);
  });
});

describe("a conditional write that is cut off behind its decision", () => {
  const cutOff = async (key: string, writing: () => Promise<unknown>): Promise<void> => {
    cut = (target) => target.startsWith(`/${bucket}/${key}/.minio/data?uploadId=`);
    await expectCode(writing(), "ServiceUnavailable");
    cut = () => false;
  };

  test("leaves the new object to the next reader, where none was", async () => {
    const expectation = { absent: true } as const;
    await cutOff("made", () => put(stores[0], { key: "made", size: 200, color: "new", expect: expectation }));
    expect((await stores[1].head(bucket, "made"))?.size).toBe(168);
    expect(await read(stores[1], "made")).toEqual({ bytes: bytesOf(200), color: "new" });
    expect(await unfinished()).toBe(0);
  });

  test("leaves the new object to the next reader, where another one was", async () => {
    const { revision } = await put(stores[0], { key: "changed", size: 400_000, color: "old" });
    await cutOff(
      "changed",
      () => put(stores[0], { key: "changed", size: 200, color: "new", expect: { revision } }),
    );
    expect(await read(stores[1], "changed")).toEqual({ bytes: bytesOf(200), color: "new" });
    expect(await unfinished()).toBe(0);
  });

  test("is finished by the next conditional write, before that one decides", async () => {
    const absent = { absent: true } as const;
    await cutOff("next", () => put(stores[0], { key: "next", size: 200, color: "new", expect: absent }));
    await expectCode(
      put(stores[1], { key: "next", size: 300, color: "lost", expect: absent }),
      "PreconditionFailed",
    );
    const { revision = "" } = await stores[1].head(bucket, "next") ?? {};
    await put(stores[1], { key: "next", size: 300, color: "third", expect: { revision } });
    expect(await read(stores[0], "next")).toEqual({ bytes: bytesOf(300), color: "third" });
    expect(await unfinished()).toBe(0);
  });

  test("is no upload any more that could be aborted", async () => {
    const upload = await stores[0].createUpload({ bucket, key: "upload", metadata: metadata("new") });
    const part = await putPart(stores[0], upload, 1, bytesOf(300));
    const attributes = { ...attributesOf(300), metadata: metadata("new") };
    await cutOff(
      "upload",
      () => stores[0].completeUpload({ ...upload, parts: [part], attributes, expect: { absent: true } }),
    );
    await expectCode(stores[1].abortUpload(upload), "NoSuchUpload");
    expect(await read(stores[1], "upload")).toEqual({ bytes: bytesOf(300), color: "new" });
  });
});
