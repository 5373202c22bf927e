import { open, rename, rm, stat, unlink, utimes } from "node:fs/promises";
import { S3Error } from "../../errors/s3-error.ts";
import { readFiles } from "../files/blob-reader.ts";
import { receiveFile } from "../files/receive.ts";
import type {
  CompleteUpload,
  CreateUpload,
  Metadata,
  ObjectRecord,
  PartPage,
  PartRecord,
  PutPart,
  UploadId,
  UploadRecord,
} from "../store.ts";
import type { Buckets } from "./buckets.ts";
import { identityOf } from "./data-file.ts";
import { makeDirectories } from "./directories.ts";
import { METADATA_FILE } from "./layout.ts";
import { checkObjectName, isDirectoryKey } from "./object-name.ts";
import type { Objects } from "./objects.ts";
import { formatPartName, parsePartName, type PartFile, partRevision, readParts } from "./part-files.ts";
import { keptMetadata } from "./record.ts";
import { stageObject } from "./staged-object.ts";
import { explainSystemError, isMissing } from "./system-error.ts";
import { endUpload, findUpload, makeUpload, type UploadFiles, uploadText } from "./upload-directory.ts";
import { initiatedAt, newUploadId } from "./upload-id.ts";
import type { Workplace } from "./workplace.ts";

/**
 * Multipart uploads from their creation to their end. Each is a directory with a metadata file and a file for each part;
 * the parts are put together when it is completed.
 */
export class Uploads {
  readonly #workplace: Workplace;
  readonly #buckets: Buckets;
  readonly #objects: Objects;

  constructor(workplace: Workplace, buckets: Buckets, objects: Objects) {
    this.#workplace = workplace;
    this.#buckets = buckets;
    this.#objects = objects;
  }

  /** @throws S3Error XMinioInvalidObjectName also for a key with a slash at its end, which can hold no bytes */
  async create({ idMark = "", ...upload }: CreateUpload): Promise<UploadRecord> {
    const { bucket, key } = upload;
    checkObjectName(key);
    if (isDirectoryKey(key)) throw new S3Error("XMinioInvalidObjectName");
    await this.#buckets.require(bucket);
    const uploadId = newUploadId(Date.now()) + idMark;
    const record = { ...upload, uploadId, initiatedAt: initiatedAt(uploadId) ?? 0 };
    await makeUpload(this.#workplace, record);
    // A bucket that is gone now may have been removed before this upload was there to go with it.
    if (await this.#buckets.get(bucket) === undefined) {
      await endUpload(this.#workplace, this.#directory(record)).catch(() => {});
      throw new S3Error("NoSuchBucket");
    }
    return record;
  }

  async get(id: UploadId): Promise<UploadRecord> {
    return (await this.#require(id)).record;
  }

  async replaceMetadata(id: UploadId, metadata: Metadata): Promise<UploadRecord> {
    const { staging, directories } = this.#workplace;
    return await this.#hold(id, async () => {
      const { record } = await this.#require(id);
      const changed = { ...record, metadata };
      const draft = staging.draft();
      try {
        await staging.writeFile(draft, uploadText(changed, draft));
        // The time of an upload that MinIO began is that of this file.
        const time = (record.initiatedAt + 0.5) / 1000;
        await utimes(staging.path(draft), time, time);
        await rename(staging.path(draft), `${this.#directory(id)}/${METADATA_FILE}`);
        await directories.sync(this.#directory(id));
      } catch (thrown) {
        await staging.discard(draft);
        throw thrown;
      }
      return changed;
    });
  }

  async putPart(part: PutPart): Promise<PartRecord> {
    await this.#require(part);
    const { staging, layout } = this.#workplace;
    const { body, attributes } = await receiveFile(staging, part);
    try {
      const name = formatPartName({ number: part.partNumber, ...attributes });
      const identity = identityOf(await stat(staging.path(body.file), { bigint: true }));
      const revision = partRevision(name, identity);
      if (attributes.checksum !== undefined) await this.#keepChecksum(part, revision, attributes.checksum);
      await this.#hold(part, async () => {
        await this.#require(part);
        await this.#publishPart(part, body.file, name);
      });
      return {
        ...attributes,
        number: part.partNumber,
        revision,
        storedSize: identity.size,
        lastModified: identity.modified,
      };
    } catch (thrown) {
      await staging.discard(body.file);
      if (thrown instanceof S3Error && thrown.code === "NoSuchUpload") {
        await rm(layout.partChecksums(part.uploadId), { recursive: true, force: true }).catch(() => {});
      }
      throw explainSystemError(thrown);
    }
  }

  async listParts(id: UploadId, page: { after: number; limit: number }): Promise<PartPage> {
    await this.#require(id);
    const parts = (await this.#parts(id)).map(({ record }) => record).filter(({ number }) =>
      number > page.after
    );
    return { parts: parts.slice(0, page.limit), truncated: parts.length > page.limit };
  }

  async complete(complete: CompleteUpload): Promise<ObjectRecord> {
    await this.#require(complete);
    const { staging } = this.#workplace;
    const { bucket, key, uploadId, attributes, expect } = complete;
    const chosen = choose(complete, await this.#parts(complete));
    const { body } = await receiveFile(staging, {
      body: joined(
        chosen.map(({ name, record }) => ({ path: `${this.#directory(complete)}/${name}`, record })),
      ),
      storedSize: chosen.reduce((sum, { record }) => sum + record.storedSize, 0),
      attributes: () => attributes,
    });
    const checksums = chosen.map(({ record }) => record.checksum ?? null);
    const content = {
      metadata: keptMetadata(attributes.metadata),
      etag: attributes.etag,
      parts: chosen.map(({ record: { number, etag, storedSize, size } }) => ({
        number,
        etag,
        size: storedSize,
        actualSize: size,
      })),
      own: {
        uploadId,
        ...(attributes.checksum === undefined ? {} : { checksum: attributes.checksum }),
        ...(checksums.every((checksum) => checksum === null) ? {} : { partChecksums: checksums }),
      },
    };
    let staged;
    try {
      staged = await stageObject(staging, body, { bucket, key }, content);
    } catch (thrown) {
      await staging.discard(body.file);
      throw explainSystemError(thrown);
    }
    return await this.#objects.publish(staged, expect, {
      check: async () => {
        await this.#require(complete);
        choose(complete, await this.#parts(complete));
      },
      // The object is there. An upload that could not be ended can be aborted, or completed once more.
      done: () => endUpload(this.#workplace, this.#directory(complete)).catch(() => {}),
    });
  }

  async abort(id: UploadId): Promise<void> {
    await this.#hold(id, async () => {
      await this.#require(id);
      await endUpload(this.#workplace, this.#directory(id));
    });
  }

  /** @throws S3Error NoSuchBucket, NoSuchUpload */
  async #require(id: UploadId): Promise<UploadFiles> {
    const found = await findUpload(this.#workplace.layout, id);
    if (found !== undefined) return found;
    await this.#buckets.require(id.bucket);
    throw new S3Error("NoSuchUpload");
  }

  /** Puts a staged file in the place of the part. For who holds the key. */
  async #publishPart(part: PutPart, file: string, name: string): Promise<void> {
    const { staging, directories } = this.#workplace;
    const directory = this.#directory(part);
    const before = await this.#parts(part);
    try {
      await rename(staging.path(file), `${directory}/${name}`);
      await directories.sync(directory);
    } catch (thrown) {
      if (isMissing(thrown)) throw new S3Error("NoSuchUpload", { cause: thrown });
      throw thrown;
    }
    for (const other of before) {
      if (other.name === name || parsePartName(other.name)?.number !== part.partNumber) continue;
      await unlink(`${directory}/${other.name}`).catch(() => {});
    }
  }

  async #keepChecksum({ uploadId }: UploadId, revision: string, checksum: string): Promise<void> {
    const { staging, layout, directories } = this.#workplace;
    const draft = staging.draft();
    const directory = layout.partChecksums(uploadId);
    try {
      await staging.writeFile(draft, checksum);
      await makeDirectories(layout.system, directory, directories);
      await rename(staging.path(draft), `${directory}/${revision}`);
      await directories.sync(directory);
    } catch (thrown) {
      await staging.discard(draft);
      throw thrown;
    }
  }

  #parts({ bucket, key, uploadId }: UploadId): Promise<PartFile[]> {
    const { layout } = this.#workplace;
    return readParts(layout.upload(bucket, key, uploadId), layout.partChecksums(uploadId));
  }

  #directory({ bucket, key, uploadId }: UploadId): string {
    return this.#workplace.layout.upload(bucket, key, uploadId);
  }

  async #hold<T>({ bucket, key }: UploadId, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#workplace.keys.hold(`${bucket}/${key}`, work);
    } catch (thrown) {
      throw explainSystemError(thrown);
    }
  }
}

/** @throws S3Error InvalidPart when a chosen revision is not that part, or one is chosen twice */
function choose({ parts }: CompleteUpload, available: readonly PartFile[]): PartFile[] {
  if (new Set(parts.map(({ number }) => number)).size < parts.length) throw new S3Error("InvalidPart");
  const byNumber = new Map(available.map((file) => [file.record.number, file]));
  return parts.map(({ number, revision }) => {
    const file = byNumber.get(number);
    if (file?.record.revision !== revision) throw new S3Error("InvalidPart");
    return file;
  });
}

/** The bytes of some files one after the other. @throws S3Error InvalidPart when one is no longer what it was */
async function* joined(
  files: readonly { readonly path: string; readonly record: PartRecord }[],
): AsyncGenerator<Uint8Array> {
  for (const { path, record } of files) {
    const handle = await open(path, "r").catch((thrown) => {
      throw isMissing(thrown) ? new S3Error("InvalidPart", { cause: thrown }) : thrown;
    });
    try {
      const identity = identityOf(await handle.stat({ bigint: true }));
      const name = path.slice(path.lastIndexOf("/") + 1);
      if (partRevision(name, identity) !== record.revision) throw new S3Error("InvalidPart");
      yield* readFiles([{ path, size: identity.size, handle }], 0, identity.size);
    } finally {
      await handle.close();
    }
  }
}
