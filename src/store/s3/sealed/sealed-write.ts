import type { Expectation, ObjectAttributes, ObjectRecord, PutObject } from "../../store.ts";
import { headersOfKey, headersOfWrite, type KeyRules } from "../encryption-headers.ts";
import type { KeyLocks } from "../key-locks.ts";
import type { RemoteObjects } from "../remote-objects.ts";
import { checkExpectation } from "../remote-record.ts";
import type { RemoteWrite, RemoteWriter } from "../remote-writer.ts";
import type { Commits } from "./commits.ts";
import type { Current } from "./current.ts";
import type { DareMeta } from "./dare-meta.ts";
import { placeData } from "./data-place.ts";
import { type Hide, lookWhatIsHidden } from "./hiding.ts";
import type { SeenMeta } from "./meta-documents.ts";
import { dataKey } from "./names.ts";
import type { Overwrites } from "./overwrites.ts";
import { type FoundMeta, sealedRecord } from "./sealed-record.ts";
import { stampHeaders } from "./stamp.ts";
import { newWriteId } from "./write-id.ts";

/** What encrypted objects are written with. */
export interface WriteParts {
  readonly objects: RemoteObjects;
  readonly writer: RemoteWriter;
  readonly commits: Commits;
  readonly overwrites: Overwrites;
  readonly keyRules: KeyRules;
  readonly locks: KeyLocks;
}

/** What there is once the body has passed, and before the backend has all of it. */
interface Confirmed {
  readonly attributes: ObjectAttributes;
  /** What was there before the data; `undefined` for nothing, and in a conditional write, which does not ask for it. */
  readonly before: SeenMeta | undefined;
  readonly hidden: Promise<Hide>;
}

/**
 * One write of an encrypted object: of its data, then of what is known of it, then away with what that hides. The object
 * is the old one until the second step. The key is locked from the end of the body on.
 */
export class SealedWrite {
  readonly #parts: WriteParts;
  readonly #put: PutObject;
  readonly #current: Current;
  readonly #write = newWriteId();
  /** Stored bytes that have passed. */
  #passed = 0;
  #confirmed: Confirmed | undefined;
  #release = () => {};

  constructor(parts: WriteParts, put: PutObject, current: Current) {
    this.#parts = parts;
    this.#put = put;
    this.#current = current;
  }

  /**
   * Does all of it, once.
   * @throws S3Error PreconditionFailed and as the backend names it; whatever `body` and `attributes` throw
   */
  async run(): Promise<ObjectRecord> {
    const { bucket, key, expect } = this.#put;
    try {
      const found = await (expect === undefined ? this.#overwrite() : this.#commit(expect));
      return sealedRecord(bucket, key, found);
    } finally {
      this.#release();
    }
  }

  async #overwrite(): Promise<FoundMeta> {
    const { bucket, key, backend: encryption } = this.#put;
    const etag = await placeData(this.#parts, this.#data());
    const { before, hidden } = this.#known();
    const hide = await hidden;
    const meta = this.#meta(etag);
    const found = await this.#parts.overwrites.describe({ bucket, key, meta, before, encryption });
    await hide();
    return found;
  }

  async #commit(expect: Expectation): Promise<FoundMeta> {
    const { bucket, key } = this.#put;
    const { writer, commits } = this.#parts;
    const data = await writer.stage(this.#data());
    const hide = await this.#known().hidden;
    const undo = () => writer.abandon(data.upload);
    const found = await commits.commit({ bucket, key, expect, meta: this.#meta(), data, undo });
    await hide();
    return found;
  }

  #data(): RemoteWrite {
    const { bucket, key, metadata = {}, backend: encryption, storedSize } = this.#put;
    const { keyRules } = this.#parts;
    return {
      bucket,
      key: dataKey(key),
      headers: {
        "content-type": "application/octet-stream",
        ...stampHeaders({ write: this.#write, metadata }),
        ...headersOfWrite(encryption, keyRules),
      },
      encryption,
      keyHeaders: headersOfKey(encryption, keyRules),
      conditions: {},
      body: {
        chunks: this.#counted(),
        size: storedSize,
        provesItself: true,
        confirmed: () => this.#confirm(),
      },
    };
  }

  async *#counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#put.body) {
      this.#passed += chunk.length;
      yield chunk;
    }
  }

  async #confirm(): Promise<void> {
    const { bucket, key, expect } = this.#put;
    const { objects, locks, overwrites } = this.#parts;
    const attributes = await this.#put.attributes();
    this.#release = await locks.acquire(bucket, key);
    let before: SeenMeta | undefined;
    if (expect === undefined) before = await overwrites.before(bucket, key);
    else checkExpectation(expect, await this.#current(bucket, key));
    this.#confirmed = { attributes, before, hidden: lookWhatIsHidden(objects, bucket, key) };
  }

  #known(): Confirmed {
    if (this.#confirmed !== undefined) return this.#confirmed;
    throw new Error("the backend answered before the body had ended");
  }

  /** @param data the ETag of the data, where that is in its place */
  #meta(data = ""): DareMeta {
    const { size, etag, metadata, checksum } = this.#known().attributes;
    return {
      size: this.#passed,
      modified: Date.now(),
      etag,
      metadata,
      parts: [],
      own: {
        write: this.#write,
        ...(data === "" ? {} : { data }),
        size,
        ...(checksum === undefined ? {} : { checksum }),
      },
    };
  }
}
