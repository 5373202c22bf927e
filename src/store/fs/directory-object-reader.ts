import { readdir, stat } from "node:fs/promises";
import { readFiles } from "../files/blob-reader.ts";
import type { ObjectHandle, ObjectRecord } from "../store.ts";
import type { BucketReader } from "./bucket-reader.ts";
import { realPath } from "./data-file.ts";
import { isDirectory } from "./directories.ts";
import type { Layout } from "./layout.ts";
import { directoryRecord } from "./record.ts";
import { unlessMissing } from "./system-error.ts";

/**
 * Keys with a slash at their end: directories and nothing more. They have no bytes, no metadata and no keys, and exist
 * as objects while they are empty (minio-formats 8.3).
 */
export class DirectoryObjectReader {
  readonly #layout: Layout;
  readonly #buckets: BucketReader;

  constructor(layout: Layout, buckets: BucketReader) {
    this.#layout = layout;
    this.#buckets = buckets;
  }

  async head(bucket: string, key: string): Promise<ObjectRecord | undefined> {
    const layout = this.#layout;
    const path = await realPath(layout, layout.data(bucket, key));
    const entries = path === undefined ? undefined : await unlessMissing(readdir(path));
    if (entries === undefined) await this.#buckets.require(bucket);
    return entries?.length === 0 ? await this.record(bucket, key) : undefined;
  }

  /** Unlike HEAD, GET also finds a directory with something in it. */
  async open(bucket: string, key: string): Promise<ObjectHandle | undefined> {
    const layout = this.#layout;
    const path = await realPath(layout, layout.data(bucket, key));
    if (path === undefined || !await isDirectory(path)) {
      await this.#buckets.require(bucket);
      return undefined;
    }
    const record = await this.record(bucket, key);
    return record && new EmptyObject(record);
  }

  protected async record(bucket: string, key: string): Promise<ObjectRecord | undefined> {
    const facts = await unlessMissing(stat(this.#layout.data(bucket, key), { bigint: true }));
    return facts && directoryRecord(bucket, key, Number(facts.mtimeMs), String(facts.ino));
  }
}

class EmptyObject implements ObjectHandle {
  readonly record: ObjectRecord;

  constructor(record: ObjectRecord) {
    this.record = record;
  }

  read(start: number, length: number): AsyncIterable<Uint8Array> {
    return readFiles([], start, length);
  }

  close(): void {}
}
