import { randomBytes } from "node:crypto";
import { unlink, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { Buffer } from "node:buffer";
import { S3Error } from "../../errors/s3-error.ts";
import { receiveFile } from "../files/receive.ts";
import type { Expectation, ObjectRecord, PutObject, ReplaceAttributes } from "../store.ts";
import type { BucketReader } from "./bucket-reader.ts";
import { removeEmptyDirectories, settleRemoval } from "./directories.ts";
import type { DirectoryObjects } from "./directory-objects.ts";
import { formatFsJson, parseFsJson } from "./fs-json.ts";
import { damaged } from "./object-files.ts";
import { checkObjectName, isDirectoryKey } from "./object-name.ts";
import { ObjectReader } from "./object-reader.ts";
import { checkExpectation, currentObject, publish, publishMetadata } from "./publish.ts";
import { keptMetadata, readObject } from "./record.ts";
import { type StagedObject, stageObject } from "./staged-object.ts";
import { METADATA_SUFFIX } from "./staging.ts";
import { explainSystemError, isMissing } from "./system-error.ts";
import type { Workplace } from "./workplace.ts";

/** What else happens under the lock of a key that gets a new object. */
export interface Alongside {
  /** Before; when it throws, the object stays as it is. */
  check(): Promise<void>;
  /** Afterwards. */
  done(): Promise<void>;
}

const NOTHING_ELSE: Alongside = { check: async () => {}, done: async () => {} };

/** Writes of whole objects. */
export class Objects extends ObjectReader {
  readonly #workplace: Workplace;
  readonly #buckets: BucketReader;
  readonly #directories: DirectoryObjects;

  constructor(workplace: Workplace, buckets: BucketReader, directories: DirectoryObjects) {
    super(workplace.layout, buckets, directories);
    this.#workplace = workplace;
    this.#buckets = buckets;
    this.#directories = directories;
  }

  async put(put: PutObject): Promise<ObjectRecord> {
    const { bucket, key, expect } = put;
    checkObjectName(key);
    await this.#buckets.require(bucket);
    if (isDirectoryKey(key)) return await this.#directories.put(put);
    const { staging } = this.#workplace;
    const { body, attributes } = await receiveFile(staging, put);
    const { etag, metadata, checksum } = attributes;
    const own = checksum === undefined ? {} : { checksum };
    let staged: StagedObject;
    try {
      const content = { metadata: keptMetadata(metadata), etag, parts: [], own };
      staged = await stageObject(staging, body, { bucket, key }, content);
    } catch (thrown) {
      await staging.discard(body.file);
      throw explainSystemError(thrown);
    }
    return await this.publish(staged, expect);
  }

  /** Makes a staged object the current one. When this rejects, nothing is left of it. */
  async publish(
    staged: StagedObject,
    expect: Expectation | undefined,
    alongside: Alongside = NOTHING_ELSE,
  ): Promise<ObjectRecord> {
    await this.#hold(staged.bucket, staged.key, async () => {
      await publish(this.#workplace, staged, expect, alongside.check);
      await alongside.done();
    });
    return recordOf(staged);
  }

  async replaceAttributes(
    { bucket, key, revision, attributes, keepDate = false }: ReplaceAttributes,
  ): Promise<ObjectRecord> {
    checkObjectName(key);
    await this.#buckets.require(bucket);
    if (isDirectoryKey(key)) return await this.#directories.replaceAttributes(bucket, key, revision);
    const { staging, layout } = this.#workplace;
    return await this.#hold(bucket, key, async () => {
      const before = await currentObject(this.#workplace, { bucket, key });
      if (before === undefined) throw new S3Error("NoSuchKey");
      checkExpectation({ revision }, before);
      const { content } = before.metadata ?? {};
      const was = content === undefined || "damage" in content ? undefined : content;
      const { identity } = before.data;
      const modified = keepDate ? identity.modified : Date.now();
      const id = randomBytes(16).toString("hex");
      const { etag, metadata, checksum } = attributes;
      const { uploadId, partChecksums } = was?.own ?? {};
      const text = formatFsJson({
        metadata: keptMetadata(metadata),
        etag,
        parts: "record" in before.reading && before.reading.record.parts.length > 0 ? was?.parts ?? [] : [],
        own: {
          id,
          file: { ...identity, modified },
          ...(uploadId === undefined ? {} : { uploadId }),
          ...(partChecksums === undefined ? {} : { partChecksums }),
          ...(checksum === undefined ? {} : { checksum }),
        },
      });
      try {
        await staging.writeFile(id + METADATA_SUFFIX, text);
        await publishMetadata(this.#workplace, id, { bucket, key }, before.metadata);
      } catch (thrown) {
        await staging.discard(id);
        throw thrown;
      }
      // MinIO's layout has no other place for the time of a change than the data file.
      const time = (modified + 0.5) / 1000;
      const dated = keepDate ||
        await utimes(layout.data(bucket, key), time, time).then(() => true, () => false);
      return recordOf({ bucket, key, text, identity: dated ? { ...identity, modified } : identity });
    });
  }

  async delete(
    { bucket, key, expect }: { readonly bucket: string; readonly key: string; readonly expect?: Expectation },
  ): Promise<ObjectRecord | undefined> {
    checkObjectName(key);
    await this.#buckets.require(bucket);
    if (isDirectoryKey(key)) return await this.#directories.delete(bucket, key, expect);
    return await this.#hold(bucket, key, async () => {
      const current = await currentObject(this.#workplace, { bucket, key });
      checkExpectation(expect, current);
      if (current === undefined) return undefined;
      await this.#remove(bucket, key);
      const { reading, data } = current;
      if ("record" in reading) return reading.record;
      const damagedRecord = readObject(bucket, key, data.identity, undefined);
      return "record" in damagedRecord ? damagedRecord.record : undefined;
    });
  }

  /** First the bytes, then the keys to them: in the other order a crash would turn ciphertext into a plain object. */
  async #remove(bucket: string, key: string): Promise<void> {
    const { layout, directories } = this.#workplace;
    const path = layout.data(bucket, key);
    try {
      await unlink(path);
    } catch (thrown) {
      if (!isMissing(thrown)) throw explainSystemError(thrown);
    }
    await settleRemoval(layout.bucket(bucket), dirname(path), directories);
    // The object is gone. What cannot be removed of its metadata now is overwritten with the next one.
    const metadata = layout.metadata(bucket, key);
    await unlink(metadata).catch(() => {});
    await removeEmptyDirectories(layout.bucketMetadata(bucket), dirname(metadata)).catch(() => {});
  }

  async #hold<T>(bucket: string, key: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#workplace.keys.hold(`${bucket}/${key}`, work);
    } catch (thrown) {
      throw explainSystemError(thrown);
    }
  }
}

/** The record of an object that was just written. */
function recordOf({ bucket, key, identity, text }: Omit<StagedObject, "id">): ObjectRecord {
  const reading = readObject(bucket, key, identity, { bytes: Buffer.from(text), content: parseFsJson(text) });
  if ("damage" in reading) throw damaged(reading.damage);
  return reading.record;
}
