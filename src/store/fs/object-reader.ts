import type { FileHandle } from "node:fs/promises";
import type { ObjectHandle, ObjectRecord } from "../store.ts";
import type { BucketReader } from "./bucket-reader.ts";
import type { DirectoryObjectReader } from "./directory-object-reader.ts";
import type { Layout } from "./layout.ts";
import { damaged, faultOf, findObject } from "./object-files.ts";
import { OpenObject } from "./object-handle.ts";
import { checkObjectName, isDirectoryKey } from "./object-name.ts";

/** Reads of whole objects. */
export class ObjectReader {
  readonly #layout: Layout;
  readonly #buckets: BucketReader;
  readonly #directories: DirectoryObjectReader;

  constructor(layout: Layout, buckets: BucketReader, directories: DirectoryObjectReader) {
    this.#layout = layout;
    this.#buckets = buckets;
    this.#directories = directories;
  }

  async head(bucket: string, key: string): Promise<ObjectRecord | undefined> {
    checkObjectName(key);
    if (isDirectoryKey(key)) return await this.#directories.head(bucket, key);
    const opened = await this.#open(bucket, key);
    await opened?.handle.close();
    return opened?.record;
  }

  async open(bucket: string, key: string): Promise<ObjectHandle | undefined> {
    checkObjectName(key);
    if (isDirectoryKey(key)) return await this.#directories.open(bucket, key);
    const opened = await this.#open(bucket, key);
    return opened && new OpenObject(opened.record, opened.handle);
  }

  async #open(
    bucket: string,
    key: string,
  ): Promise<{ readonly record: ObjectRecord; readonly handle: FileHandle } | undefined> {
    const found = await findObject(this.#layout, bucket, key, true);
    const handle = found?.data.handle;
    if (found === undefined || handle === undefined) {
      await this.#buckets.require(bucket);
      return undefined;
    }
    try {
      const fault = await faultOf(found, handle);
      if (fault !== undefined) throw fault;
      if ("damage" in found.reading) throw damaged(found.reading.damage);
      return { record: found.reading.record, handle };
    } catch (thrown) {
      await handle.close();
      throw thrown;
    }
  }
}
