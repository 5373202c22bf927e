import { afterAll, beforeAll, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import process from "node:process";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { readAnew } from "../../../src/s3/read-anew.ts";
import type { Expectation, Metadata, ObjectRecord, Store } from "../../../src/store/store.ts";
import { attributesOf, bodyOf, bytesOf, putPart, readRange } from "../../conformance/fixture.ts";
import { remoteStore, startBackend, type TestBackend } from "./backend.ts";
import { History, type Value } from "./history.ts";
import { SEALED } from "./put-as.ts";

/** How many rounds of some hundred operations; each has its own seed. */
const ROUNDS = Number(process.env["GATEWAY_ROUNDS"] ?? 2);
const FIRST_SEED = Number(process.env["GATEWAY_SEED"] ?? 1);
const GATEWAYS = 3;
/** Clients of each gateway. */
const CLIENTS = 2;
const OPERATIONS = 40;
const KEYS = ["one", "two"];
/** The longest time that a request waits in front of the backend, in milliseconds. */
const LONGEST_DELAY = 8;
const SMALL = 100;
/** More than is sent in one piece. */
const LARGE = 300_000;
const PART = 5 * 2 ** 20;

let random = randomOf(1);
let backend: TestBackend;
let gateways: readonly Store[];
beforeAll(async () => {
  backend = await startBackend({
    async trouble() {
      await Bun.sleep(random() < 0.3 ? 0 : random() * LONGEST_DELAY);
      return false;
    },
  });
  gateways = await Promise.all(
    Array.from({ length: GATEWAYS }, () => remoteStore(backend, { encrypts: true })),
  );
});
afterAll(async () => {
  for (const store of gateways) await store.close();
  await backend.close();
});

function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One run: clients of several gateways that write, change, delete and read the same few keys. */
class Run {
  readonly bucket: string;
  readonly #histories = new Map(KEYS.map((key) => [key, new History()]));
  readonly #contents = new Map<string, Buffer>();
  readonly failures: string[] = [];
  #writes = 0;
  /** Whether nobody writes any more. */
  #quiet = false;

  constructor(bucket: string) {
    this.bucket = bucket;
  }

  async client(store: Store): Promise<void> {
    for (let i = 0; i < OPERATIONS; i++) {
      const key = KEYS[Math.floor(random() * KEYS.length)] ?? "";
      const dice = random();
      if (dice < 0.25) await this.#put(store, key, SMALL + Math.floor(random() * 200));
      else if (dice < 0.32) await this.#put(store, key, LARGE);
      else if (dice < 0.4) await this.#replace(store, key);
      else if (dice < 0.45) await this.#multipart(store, key);
      else if (dice < 0.6) await this.#delete(store, key);
      else if (dice < 0.7) await this.#rotate(store, key);
      else await this.#get(store, key);
    }
  }

  /** What is there when all have ended, through every gateway in turn. */
  async settled(): Promise<void> {
    this.#quiet = true;
    const found = new Map<string, Value>();
    for (const key of KEYS) {
      for (const store of gateways) {
        const record = await store.head(this.bucket, key);
        const head = nameOf(record);
        if (record !== undefined && isSealed(record.metadata) && record.etag !== head) {
          this.#fail(`${key}: the ETag of ${head} is ${record.etag}`);
        }
        const got = await this.#get(store, key);
        const { objects } = await this.#list(store);
        const listed = objects.filter((object) => object.key === key);
        if (head !== got || (listed.length === 1) !== (got !== undefined)) {
          this.#fail(`${key}: HEAD ${head}, GET ${got}, listed ${listed.length} times`);
        }
        if (found.has(key) && found.get(key) !== got) this.#fail(`${key}: ${found.get(key)}, then ${got}`);
        found.set(key, got);
      }
    }
  }

  /** Deletes all keys and the bucket; nothing is left then. */
  async remove(): Promise<void> {
    const [store] = gateways;
    if (store === undefined) throw new Error("there is no gateway");
    for (const key of KEYS) await store.deleteObject({ bucket: this.bucket, key });
    const left = await backend.store.listObjects({
      bucket: this.bucket,
      prefix: "",
      delimiter: "",
      after: "",
      limit: 100,
    });
    const uploads = await backend.store.listUploads({
      bucket: this.bucket,
      prefix: "",
      delimiter: "",
      afterKey: "",
      afterUploadId: "",
      limit: 100,
    });
    const names = [...left.objects, ...uploads.uploads].map(({ key }) => key);
    if (names.length > 0) this.#fail(`left: ${names.join(" ")}`);
    else await store.deleteBucket(this.bucket);
  }

  #list(store: Store) {
    return store.listObjects({ bucket: this.bucket, prefix: "", delimiter: "", after: "", limit: 100 });
  }

  #fail(what: string): void {
    this.failures.push(what);
  }

  #history(key: string): History {
    const history = this.#histories.get(key);
    if (history === undefined) throw new Error(`no such key: ${key}`);
    return history;
  }

  /** Writes an object if what was there still is, as a copy onto itself does. */
  async #replace(store: Store, key: string): Promise<void> {
    const record = await store.head(this.bucket, key);
    await this.#put(
      store,
      key,
      SMALL,
      record === undefined ? { absent: true } : { revision: record.revision },
    );
  }

  async #put(store: Store, key: string, size: number, expect?: Expectation): Promise<void> {
    const { name, bytes } = this.#content(size);
    const metadata = metadataOf(name, random() < 0.7);
    await this.#write(key, name, () =>
      store.putObject({
        bucket: this.bucket,
        key,
        body: bodyOf(bytes),
        storedSize: size,
        metadata,
        attributes: () => ({ ...attributesOf(size, metadata), etag: name }),
        ...(expect === undefined ? {} : { expect }),
      }));
  }

  async #multipart(store: Store, key: string): Promise<void> {
    const { name, bytes } = this.#content(PART + 1000);
    const metadata = metadataOf(name, random() < 0.7);
    const upload = await store.createUpload({ bucket: this.bucket, key, metadata });
    const parts = [
      await putPart(store, upload, 1, bytes.subarray(0, PART)),
      await putPart(store, upload, 2, bytes.subarray(PART)),
    ];
    await this.#write(key, name, () =>
      store.completeUpload({
        ...upload,
        parts,
        attributes: { ...attributesOf(bytes.length, metadata), etag: name },
      }));
  }

  async #delete(store: Store, key: string): Promise<void> {
    await this.#write(key, undefined, () => store.deleteObject({ bucket: this.bucket, key }));
  }

  /** Changes what is said of an object, as a rotation of keys does. Its bytes stay those of the write that it is of. */
  async #rotate(store: Store, key: string): Promise<void> {
    const record = await store.head(this.bucket, key).catch(() => undefined);
    if (record === undefined || !isSealed(record.metadata)) return;
    const { revision, size, etag, metadata } = record;
    await store.replaceAttributes({
      bucket: this.bucket,
      key,
      revision,
      attributes: { size, etag, metadata: { ...metadata, "X-Amz-Meta-Turned": "yes" } },
    }).catch((thrown) => {
      if (!isRefusal(thrown)) this.#fail(`rotation of ${key}: ${thrown}`);
    });
  }

  async #write(key: string, value: Value, write: () => Promise<unknown>): Promise<void> {
    const step = this.#history(key).begin(value);
    try {
      await write();
      step.done();
    } catch (thrown) {
      // The condition does not hold, as S3 says it where there is nothing for If-Match.
      if (thrown instanceof S3Error && ["PreconditionFailed", "NoSuchKey"].includes(thrown.code)) {
        return step.refused();
      }
      this.#fail(`write of ${key}: ${thrown} ${thrown instanceof S3Error ? thrown.cause : ""}`);
    }
  }

  async #get(store: Store, key: string): Promise<Value> {
    const allowed = this.#history(key).read();
    try {
      let found = await readAnew(() => this.#read(store, key));
      // Who asks for one kind of object and then for the other misses a key that changes its kind twice meanwhile.
      if (found === undefined) found = await readAnew(() => this.#read(store, key));
      return this.#found(key, found, allowed());
    } catch (thrown) {
      if (thrown instanceof S3Error && thrown.code === "NoSuchKey") {
        return this.#found(key, undefined, allowed());
      }
      // One that was outrun by others every time may be told to come again.
      const outrun = thrown instanceof S3Error && thrown.code === "ServiceUnavailable";
      if (!outrun || this.#quiet) {
        this.#fail(`GET of ${key}: ${thrown} ${thrown instanceof S3Error ? thrown.cause : ""}`);
      }
      return "failed";
    }
  }

  #found(key: string, found: Value, allowed: readonly Value[]): Value {
    if (!allowed.includes(found)) this.#fail(`GET of ${key}: ${found} is not one of ${allowed}`);
    return found;
  }

  async #read(store: Store, key: string): Promise<Value> {
    const handle = await store.open(this.bucket, key);
    if (handle === undefined) return undefined;
    try {
      const { record } = handle;
      const bytes = await readRange(handle, 0, record.storedSize);
      const name = nameOf(record);
      if (name !== undefined && this.#contents.get(name)?.equals(bytes) !== true) {
        this.#fail(`GET of ${key}: other bytes than those of ${name}`);
      }
      return name;
    } finally {
      handle.close();
    }
  }

  #content(size: number): { readonly name: string; readonly bytes: Buffer } {
    const name = `write-${++this.#writes}`;
    const bytes = bytesOf(size, this.#writes);
    this.#contents.set(name, bytes);
    return { name, bytes };
  }
}

function metadataOf(name: string, sealed: boolean): Metadata {
  return { "X-Amz-Meta-Name": name, ...(sealed ? SEALED : {}) };
}

function isSealed(metadata: Metadata): boolean {
  return Object.keys(SEALED).every((name) => name in metadata);
}

/** Which write made an object. */
function nameOf(record: ObjectRecord | undefined): Value {
  return record?.metadata["X-Amz-Meta-Name"];
}

function isRefusal(thrown: unknown): boolean {
  return thrown instanceof S3Error && thrown.status < 500;
}

test(
  "clients of several gateways that write the same keys at once find whole objects, none that was overwritten, and leave nothing behind",
  async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const seed = FIRST_SEED + round;
      random = randomOf(seed);
      const run = new Run(`round-${seed}`);
      await gateways[0]?.createBucket(run.bucket);
      await Promise.all(
        gateways.flatMap((store) => Array.from({ length: CLIENTS }, () => run.client(store))),
      );
      await run.settled();
      await run.remove();
      expect({ seed, failures: run.failures }).toEqual({ seed, failures: [] });
    }
  },
  600_000,
);
