import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { readAnew } from "../../../src/s3/read-anew.ts";
import type { Expectation, Store } from "../../../src/store/store.ts";
import { attributesOf, bodyOf, bytesOf, expectCode, putPart, readRange } from "../../conformance/fixture.ts";
import { remoteStore, startBackend, type TestBackend } from "./backend.ts";
import { SEALED } from "./put-as.ts";

const bucket = "box";
const SMALL = 100;
const LARGE = 300_000;

/** One request that waits in front of the backend. */
class Held {
  readonly #request: string;
  readonly #arrived = Promise.withResolvers<void>();
  readonly #released = Promise.withResolvers<boolean>();
  #taken = false;

  /** @param request method and path of it; the first of these is held */
  constructor(request: string) {
    this.#request = request;
  }

  /** Resolves when it is here. */
  get arrived(): Promise<void> {
    return this.#arrived.promise;
  }

  take(request: string): Promise<boolean> | undefined {
    if (this.#taken || request !== this.#request) return undefined;
    this.#taken = true;
    this.#arrived.resolve();
    return this.#released.promise;
  }

  release(): void {
    this.#released.resolve(false);
  }
}

let backend: TestBackend;
/** Two gateways in front of one backend. */
let one: Store;
let other: Store;
let held: Held | undefined;
/** A request that does not arrive. */
let cut = "";
/** Whether the backend refuses conditions. */
let unconditional = false;
beforeAll(async () => {
  backend = await startBackend({
    trouble(incoming, outgoing) {
      const [path = "", query = ""] = (incoming.url ?? "").split("?");
      const request = `${incoming.method} ${path.slice(bucket.length + 2)}${
        /^uploadId=/.test(query) ? "?uploadId" : ""
      }`;
      if (request === cut) {
        incoming.socket.destroy();
        return true;
      }
      if (unconditional && ("if-match" in incoming.headers || "if-none-match" in incoming.headers)) {
        outgoing.writeHead(501, { "Content-Length": 0, "Connection": "close" }).end();
        return true;
      }
      return held?.take(request) ?? false;
    },
  });
  one = await remoteStore(backend, { encrypts: true });
  other = await remoteStore(backend, { encrypts: true });
  await one.createBucket(bucket);
});
afterEach(() => {
  held?.release();
  held = undefined;
  cut = "";
  unconditional = false;
});
afterAll(async () => {
  await one.close();
  await other.close();
  await backend.close();
});

type Kind = "plain" | "encrypted";

const metadataOf = (kind: Kind, name: string) => ({
  "X-Amz-Meta-Name": name,
  ...(kind === "encrypted" ? SEALED : {}),
});

const bytesNamed = (name: string, size: number) =>
  bytesOf(size, Buffer.from(name).reduce((sum, byte) => sum * 31 + byte, 0) % 65_521);

/** Writes an object whose bytes, ETag and metadata all tell its name. */
function put(store: Store, key: string, kind: Kind, name: string, size = SMALL, expect?: Expectation) {
  const metadata = metadataOf(kind, name);
  return store.putObject({
    bucket,
    key,
    body: bodyOf(bytesNamed(name, size)),
    storedSize: size,
    metadata,
    attributes: () => ({ ...attributesOf(size, metadata), etag: name }),
    ...(expect === undefined ? {} : { expect }),
  });
}

/** The name of an object whose bytes are its own. */
function read(store: Store, key: string): Promise<string | undefined> {
  return readAnew(async () => {
    const handle = await store.open(bucket, key);
    if (handle === undefined) return undefined;
    const { record } = handle;
    const name = record.metadata["X-Amz-Meta-Name"] ?? "";
    const bytes = await readRange(handle, 0, record.storedSize);
    handle.close();
    return bytes.equals(bytesNamed(name, record.storedSize)) ? name : `other bytes than those of ${name}`;
  });
}

/** What both gateways say of a key: that of HEAD comes first. */
async function found(key: string) {
  const names = [];
  for (const store of [one, other]) {
    const head = await store.head(bucket, key);
    names.push(head?.metadata["X-Amz-Meta-Name"], await read(store, key));
  }
  return [...new Set(names)];
}

/** Names of the backend below a key. */
async function left(key: string): Promise<string[]> {
  const query = { bucket, prefix: key, delimiter: "", after: "", limit: 9 };
  return (await backend.store.listObjects(query)).objects.map((object) => object.key.slice(key.length));
}

/** Does something while the first request of this kind that a step makes waits in front of the backend. */
async function during<T>(
  request: string,
  step: () => Promise<T>,
  meanwhile: () => Promise<unknown>,
): Promise<T> {
  held = new Held(request);
  const stepping = step();
  stepping.catch(() => {});
  await held.arrived;
  await meanwhile();
  held.release();
  return await stepping;
}

describe.each([["small", SMALL], ["large", LARGE]])("a %s encrypted write", (size, length) => {
  const keyOf = (what: string) => `${what}-${size}`;

  test("that another one overtakes between data and document was overwritten, and leaves its document alone", async () => {
    const key = keyOf("overtaken");
    await put(one, key, "encrypted", "old");
    await during(
      `PUT ${key}/.minio/dare.meta`,
      () => put(one, key, "encrypted", "first", length),
      () => put(other, key, "encrypted", "second", length),
    );
    expect(await found(key)).toEqual(["second"]);
    expect((await one.head(bucket, key))?.etag).toBe("second");
  });

  test("that overtakes another one with its data is the object, whoever writes a document first", async () => {
    const key = keyOf("overtaking");
    await put(one, key, "encrypted", "old");
    await during(
      `POST ${key}/.minio/data?uploadId`,
      () => put(other, key, "encrypted", "large", LARGE),
      () => put(one, key, "encrypted", "before", length),
    ).catch(() => {});
    expect(await found(key)).toEqual(["large"]);
  });

  test.each([["no", 0], ["an old", 1]])(
    "has its data when %s object is deleted between data and document",
    async (_what, before) => {
      const key = keyOf(`deleted-${before}`);
      if (before > 0) await put(one, key, "encrypted", "old");
      await during(
        `PUT ${key}/.minio/dare.meta`,
        () => put(one, key, "encrypted", "new", length),
        () => other.deleteObject({ bucket, key }),
      );
      expect(await found(key)).toEqual(["new"]);
      await one.deleteObject({ bucket, key });
      expect(await left(key)).toEqual([]);
    },
  );

  test("takes away the plain object that was there, and none that comes to replace it", async () => {
    const key = keyOf("replaced");
    await put(one, key, "plain", "old");
    await during(
      `DELETE ${key}`,
      () => put(one, key, "encrypted", "new", length),
      () => put(other, key, "plain", "newest"),
    );
    expect(await found(key)).toEqual(["newest"]);
    expect(await left(key)).toEqual([""]);
  });

  test("stays when a plain one that began before it wants to take away what it saw", async () => {
    const key = keyOf("seen");
    await put(one, key, "encrypted", "old");
    await during(
      `PUT ${key}`,
      () => put(one, key, "plain", "plain"),
      () => put(other, key, "encrypted", "new", length),
    );
    expect(await found(key)).toEqual(["new"]);
  });

  test("is found by whoever has looked for an encrypted object too early and for a plain one too late", async () => {
    const key = keyOf("between");
    await put(one, key, "plain", "old");
    const name = during(
      `HEAD ${key}`,
      () => read(one, key),
      () => put(other, key, "encrypted", "new", length),
    );
    expect(await name).toBe("new");
  });

  test("is not put right by a reader who saw its data without its document, once the document is there", async () => {
    const key = keyOf("recovered");
    await put(one, key, "encrypted", "old");
    const writing = held = new Held(`PUT ${key}/.minio/dare.meta`);
    const written = put(one, key, "encrypted", "new", length);
    await writing.arrived;
    const recovering = held = new Held(`PUT ${key}/.minio/dare.meta`);
    const name = read(other, key);
    await recovering.arrived;
    writing.release();
    await written;
    recovering.release();
    expect(await name).toBe("new");
    expect((await other.head(bucket, key))?.etag).toBe("new");
  });

  test("that a reader has put right before it ended keeps its data when it is deleted at that moment", async () => {
    const key = keyOf("early");
    await put(one, key, "encrypted", "old");
    await during(`PUT ${key}/.minio/dare.meta`, () => put(one, key, "encrypted", "new", length), async () => {
      expect(await read(other, key)).toBe("new");
      await other.deleteObject({ bucket, key });
      expect(await read(other, key)).toBeUndefined();
    });
    expect(await found(key)).toEqual(["new"]);
    await other.deleteObject({ bucket, key });
    expect(await left(key)).toEqual([]);
  });

  test("wins over a conditional one that was cut off, though a reader is about to finish that one", async () => {
    const key = keyOf("finished");
    cut = `POST ${key}/.minio/data?uploadId`;
    await expectCode(put(one, key, "encrypted", "cut off", SMALL, { absent: true }), "ServiceUnavailable");
    cut = "";
    // The reader finds a document without data, and goes to complete the upload that it names.
    const name = await during(
      `POST ${key}/.minio/data?uploadId`,
      () => read(one, key),
      () => put(other, key, "encrypted", "new", length),
    );
    expect(name).toBe("new");
    expect(await found(key)).toEqual(["new"]);
  });
});

describe("an encrypted object", () => {
  test("whose keys are rotated while it is deleted is gone", async () => {
    const key = "rotated";
    const { revision } = await put(one, key, "encrypted", "old");
    const metadata = metadataOf("encrypted", "turned");
    await during(
      `DELETE ${key}/.minio/dare.meta`,
      () => one.deleteObject({ bucket, key }),
      () => other.replaceAttributes({ bucket, key, revision, attributes: attributesOf(SMALL, metadata) }),
    );
    expect(await found(key)).toEqual([undefined]);
    expect(await left(key)).toEqual([]);
  });

  test("is written, overwritten and deleted at a backend that refuses conditions", async () => {
    unconditional = true;
    const key = "unconditional";
    await put(one, key, "plain", "plain");
    for (const [name, size] of [["small", SMALL], ["large", LARGE]] as const) {
      await put(one, key, "encrypted", name, size);
      expect(await found(key)).toEqual([name]);
    }
    await one.deleteObject({ bucket, key });
    expect(await left(key)).toEqual([]);
  });

  test("whose data has been lost is not there, and can be deleted", async () => {
    const key = "lost";
    await put(one, key, "encrypted", "old");
    await backend.store.deleteObject({ bucket, key: `${key}/.minio/data` });
    await expectCode(read(one, key), "NoSuchKey");
    await one.deleteObject({ bucket, key });
    expect(await left(key)).toEqual([]);
  });

  test("that two gateways complete of one upload leaves nothing of the upload", async () => {
    const key = "completed";
    const metadata = metadataOf("encrypted", "parts");
    const upload = await one.createUpload({ bucket, key, metadata });
    const part = await putPart(one, upload, 1, bytesNamed("parts", SMALL));
    const complete = (store: Store) =>
      store.completeUpload({
        ...upload,
        parts: [part],
        attributes: { ...attributesOf(SMALL, metadata), etag: "e" },
      });
    await during(`POST ${key}/.minio/data?uploadId`, () => complete(one), () => complete(other));
    expect(await found(key)).toEqual(["parts"]);
    expect(await left(key)).toEqual(["/.minio/dare.meta", "/.minio/data"]);
  });
});
