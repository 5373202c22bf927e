import { S3Error } from "../../errors/s3-error.ts";
import { unlessTampered } from "../../errors/tampered.ts";
import type { Expectation, ObjectHandle, ObjectRecord, PutObject, ReplaceAttributes } from "../store.ts";
import type { BlobFiles } from "./blob-files.ts";
import { discardBody, receiveBody } from "./body.ts";
import type { Buckets } from "./buckets.ts";
import type { Contents } from "./contents.ts";
import type { GroupCommit } from "./group-commit.ts";
import { FileHandleOfObject, InlineHandle } from "./object-handle.ts";
import type { ObjectRows } from "./object-rows.ts";
import type { StoreParts } from "./store-parts.ts";

/** Reads and writes of whole objects. */
export class Objects {
  readonly #buckets: Buckets;
  readonly #rows: ObjectRows;
  readonly #contents: Contents;
  readonly #commit: GroupCommit;
  readonly #files: BlobFiles;

  constructor(parts: StoreParts) {
    this.#buckets = parts.buckets;
    this.#rows = parts.rows;
    this.#contents = parts.contents;
    this.#commit = parts.commit;
    this.#files = parts.files;
  }

  head(bucket: string, key: string): ObjectRecord | undefined {
    return this.#rows.head(this.#buckets.require(bucket), key);
  }

  open(bucket: string, key: string): ObjectHandle | undefined {
    const found = this.#rows.find(this.#buckets.require(bucket), key);
    if (found === undefined) return undefined;
    if (found.bytes !== undefined) return new InlineHandle(found.record, found.bytes);
    return new FileHandleOfObject(found.record, found.segments, this.#files);
  }

  async put(put: PutObject): Promise<ObjectRecord> {
    this.#buckets.require(put.bucket);
    const { body, attributes } = await receiveBody(this.#files, put);
    try {
      return await this.#commit.submit(() => {
        const bucket = this.#buckets.requireInTransaction(put.bucket);
        const replaced = this.#rows.current(bucket, put.key, put.expect);
        const released = replaced === undefined ? [] : this.#contents.remove(replaced.content);
        const content = this.#contents.insertBody(attributes, body);
        const written = this.#rows.put(bucket, put.key, { attributes, storedSize: body.size, content });
        return { written, released };
      }, ({ released }) => {
        if ("file" in body) this.#files.publish(body.file);
        this.#files.release(released);
      }).then(({ written }) => ({
        ...attributes,
        ...written,
        bucket: put.bucket,
        key: put.key,
        storedSize: body.size,
        parts: [],
      }));
    } catch (error) {
      await discardBody(this.#files, body);
      throw error;
    }
  }

  async replaceAttributes(change: ReplaceAttributes): Promise<ObjectRecord> {
    const record = await this.#commit.submit(() => {
      const bucket = this.#buckets.requireInTransaction(change.bucket);
      if (this.#rows.current(bucket, change.key, undefined) === undefined) throw new S3Error("NoSuchKey");
      const current = this.#rows.current(bucket, change.key, { revision: change.revision });
      const before = this.#rows.head(bucket, change.key);
      if (current === undefined || before === undefined) throw new S3Error("NoSuchKey");
      this.#contents.update(current.content, change.attributes);
      const { storedSize, parts, uploadId } = before;
      const written = this.#rows.put(bucket, change.key, {
        attributes: change.attributes,
        storedSize,
        content: current.content,
        ...(change.keepDate ? { lastModified: before.lastModified } : {}),
      });
      const kept = { bucket: change.bucket, key: change.key, storedSize, parts };
      return { ...change.attributes, ...written, ...kept, ...(uploadId !== undefined ? { uploadId } : {}) };
    });
    return record;
  }

  async delete(
    target: { readonly bucket: string; readonly key: string; readonly expect?: Expectation },
  ): Promise<ObjectRecord | undefined> {
    const { record } = await this.#commit.submit(() => {
      const bucket = this.#buckets.requireInTransaction(target.bucket);
      const current = this.#rows.current(bucket, target.key, target.expect);
      if (current === undefined) return { record: undefined, released: [] };
      const record = unlessTampered(() => this.#rows.head(bucket, target.key));
      return { record, released: this.#rows.remove(bucket, target.key, current) };
    }, ({ released }) => this.#files.release(released));
    return record;
  }
}
