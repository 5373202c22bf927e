import { readdir, rmdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { readFiles } from "../files/blob-reader.ts";
import { S3Error } from "../../errors/s3-error.ts";
import type { Expectation, ObjectHandle, ObjectRecord, PutObject } from "../store.ts";
import type { Buckets } from "./buckets.ts";
import { realPath } from "./data-file.ts";
import { isDirectory, makeDirectories, removeEmptyDirectories, TopMissing } from "./directories.ts";
import { directoryRecord } from "./record.ts";
import { explainSystemError, isMissing, systemCode, unlessMissing } from "./system-error.ts";
import type { Workplace } from "./workplace.ts";

/**
 * Keys with a slash at their end: directories and nothing more. They have no bytes, no metadata and no keys, and exist
 * as objects while they are empty (minio-formats 8.3).
 */
export class DirectoryObjects {
  readonly #workplace: Workplace;
  readonly #buckets: Buckets;

  constructor(workplace: Workplace, buckets: Buckets) {
    this.#workplace = workplace;
    this.#buckets = buckets;
  }

  async head(bucket: string, key: string): Promise<ObjectRecord | undefined> {
    const { layout } = this.#workplace;
    const path = await realPath(layout, layout.data(bucket, key));
    const entries = path === undefined ? undefined : await unlessMissing(readdir(path));
    if (entries === undefined) await this.#buckets.require(bucket);
    return entries?.length === 0 ? await this.#record(bucket, key) : undefined;
  }

  /** Unlike HEAD, GET also finds a directory with something in it. */
  async open(bucket: string, key: string): Promise<ObjectHandle | undefined> {
    const { layout } = this.#workplace;
    const path = await realPath(layout, layout.data(bucket, key));
    if (path === undefined || !await isDirectory(path)) {
      await this.#buckets.require(bucket);
      return undefined;
    }
    const record = await this.#record(bucket, key);
    return record && new EmptyObject(record);
  }

  /** @throws S3Error XMinioInvalidObjectName when there are any bytes; XMinioParentIsObject */
  async put(put: PutObject): Promise<ObjectRecord> {
    const { bucket, key, expect } = put;
    for await (const chunk of put.body) {
      if (chunk.length > 0) throw new S3Error("XMinioInvalidObjectName");
    }
    await put.attributes();
    const { layout, directories, keys } = this.#workplace;
    return await keys.hold(`${bucket}/${key}`, async () => {
      await this.#check(bucket, key, expect);
      try {
        await makeDirectories(layout.bucket(bucket), layout.data(bucket, key), directories);
      } catch (thrown) {
        if (thrown instanceof TopMissing) throw new S3Error("NoSuchBucket");
        if (systemCode(thrown) === "EEXIST" || systemCode(thrown) === "ENOTDIR") {
          throw new S3Error("XMinioParentIsObject");
        }
        throw explainSystemError(thrown);
      }
      const record = await this.#record(bucket, key);
      if (record === undefined) throw new S3Error("SlowDown");
      return record;
    });
  }

  /** There is nothing that could be replaced. */
  async replaceAttributes(bucket: string, key: string, revision: string): Promise<ObjectRecord> {
    const record = await this.head(bucket, key);
    if (record === undefined) throw new S3Error("NoSuchKey");
    if (record.revision !== revision) throw new S3Error("PreconditionFailed");
    return record;
  }

  async delete(
    bucket: string,
    key: string,
    expect: Expectation | undefined,
  ): Promise<ObjectRecord | undefined> {
    const { layout, directories, keys } = this.#workplace;
    const path = layout.data(bucket, key);
    return await keys.hold(`${bucket}/${key}`, async () => {
      const record = await this.#check(bucket, key, expect);
      if (record === undefined) return undefined;
      try {
        await rmdir(path);
      } catch (thrown) {
        // Something was put into it meanwhile, or it is a link.
        if (["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(systemCode(thrown)) || isMissing(thrown)) {
          return undefined;
        }
        throw explainSystemError(thrown);
      }
      await directories.sync(await removeEmptyDirectories(layout.bucket(bucket), dirname(path)));
      return record;
    });
  }

  async #check(
    bucket: string,
    key: string,
    expect: Expectation | undefined,
  ): Promise<ObjectRecord | undefined> {
    const current = await this.head(bucket, key);
    if (expect === undefined) return current;
    const holds = "absent" in expect ? current === undefined : current?.revision === expect.revision;
    if (!holds) throw new S3Error("PreconditionFailed");
    return current;
  }

  async #record(bucket: string, key: string): Promise<ObjectRecord | undefined> {
    const facts = await unlessMissing(stat(this.#workplace.layout.data(bucket, key), { bigint: true }));
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
