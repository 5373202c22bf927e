import { rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { S3Error } from "../../errors/s3-error.ts";
import type { Expectation, ObjectRecord, PutObject } from "../store.ts";
import type { BucketReader } from "./bucket-reader.ts";
import { makeDirectories, settleRemoval, TopMissing } from "./directories.ts";
import { DirectoryObjectReader } from "./directory-object-reader.ts";
import { explainSystemError, isMissing, systemCode } from "./system-error.ts";
import type { Workplace } from "./workplace.ts";

/** Writes of keys with a slash at their end. */
export class DirectoryObjects extends DirectoryObjectReader {
  readonly #workplace: Workplace;

  constructor(workplace: Workplace, buckets: BucketReader) {
    super(workplace.layout, buckets);
    this.#workplace = workplace;
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
      const record = await this.record(bucket, key);
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
      await settleRemoval(layout.bucket(bucket), dirname(path), directories);
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
}
