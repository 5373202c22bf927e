import type { DatabaseSync } from "node:sqlite";
import { S3Error } from "../../errors/s3-error.ts";
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
import type { BlobFiles } from "./blob-files.ts";
import { receiveFile } from "../files/receive.ts";
import { discardBody } from "./body.ts";
import type { Buckets } from "./buckets.ts";
import type { Contents } from "./contents.ts";
import type { GroupCommit } from "./group-commit.ts";
import { newRevision, type ObjectRows } from "./object-rows.ts";
import { objectPart, partRecord, uploadRecord } from "./record-columns.ts";
import { type Row, text } from "./row.ts";
import type { StoreParts } from "./store-parts.ts";
import { toStored } from "./stored-text.ts";
import { newUploadId } from "./upload-id.ts";

/** Multipart uploads from their creation to their end. Each part is a file, which becomes a segment of the object. */
export class Uploads {
  readonly #buckets: Buckets;
  readonly #rows: ObjectRows;
  readonly #contents: Contents;
  readonly #commit: GroupCommit;
  readonly #files: BlobFiles;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(
    database: DatabaseSync,
    parts: StoreParts,
  ) {
    this.#buckets = parts.buckets;
    this.#rows = parts.rows;
    this.#contents = parts.contents;
    this.#commit = parts.commit;
    this.#files = parts.files;
    this.#statements = prepare(database);
  }

  create({ idMark = "", ...upload }: CreateUpload): Promise<UploadRecord> {
    this.#files.requireSpace(0);
    return this.#commit.submit(() => {
      const bucket = this.#buckets.requireInTransaction(upload.bucket);
      const initiatedAt = Date.now();
      const uploadId = newUploadId(initiatedAt) + idMark;
      this.#statements.insert.run(
        bucket.id,
        toStored(upload.key),
        uploadId,
        initiatedAt,
        JSON.stringify(upload.metadata),
        upload.checksum?.algorithm ?? null,
        upload.checksum?.type ?? null,
      );
      return { ...upload, uploadId, initiatedAt };
    });
  }

  get(id: UploadId): UploadRecord {
    const bucket = this.#buckets.require(id.bucket);
    return uploadRecord(id.bucket, this.#require(bucket.id, id));
  }

  replaceMetadata(id: UploadId, metadata: Metadata): Promise<UploadRecord> {
    return this.#commit.submit(() => {
      const bucket = this.#buckets.requireInTransaction(id.bucket);
      const upload = uploadRecord(id.bucket, this.#require(bucket.id, id));
      this.#statements.setMetadata.run(JSON.stringify(metadata), id.uploadId);
      return { ...upload, metadata };
    });
  }

  async putPart(part: PutPart): Promise<PartRecord> {
    this.get(part);
    const { body, attributes } = await receiveFile(this.#files, part);
    const revision = newRevision();
    try {
      const { lastModified } = await this.#commit.submit(() => {
        this.#require(this.#buckets.requireInTransaction(part.bucket).id, part);
        const lastModified = Date.now();
        const replaced = this.#statements.findPart.get(part.uploadId, part.partNumber);
        this.#statements.putPart.run(
          part.uploadId,
          part.partNumber,
          body.file,
          revision,
          attributes.size,
          body.size,
          attributes.etag,
          attributes.checksum ?? null,
          lastModified,
        );
        return { lastModified, released: filesOf(replaced === undefined ? [] : [replaced]) };
      }, ({ released }) => {
        this.#files.publish(body.file);
        this.#files.release(released);
      });
      return { ...attributes, number: part.partNumber, revision, storedSize: body.size, lastModified };
    } catch (error) {
      await discardBody(this.#files, body);
      throw error;
    }
  }

  listParts(id: UploadId, page: { after: number; limit: number }): PartPage {
    this.get(id);
    const parts = this.#statements.pageOfParts.all(id.uploadId, page.after, page.limit + 1).map(partRecord);
    return { parts: parts.slice(0, page.limit), truncated: parts.length > page.limit };
  }

  async complete(complete: CompleteUpload): Promise<ObjectRecord> {
    const { record } = await this.#commit.submit(() => {
      const { uploadId, key, attributes } = complete;
      const bucket = this.#buckets.requireInTransaction(complete.bucket);
      this.#require(bucket.id, complete);
      const parts = this.#chosenParts(complete).map(objectPart);
      const replaced = this.#rows.current(bucket, key, complete.expect);

      const released = replaced === undefined ? [] : this.#contents.remove(replaced.content);
      const content = this.#contents.insertParts(attributes, uploadId, parts.map((part) => part.number));
      for (const { number } of parts) this.#statements.deletePart.run(uploadId, number);
      released.push(...filesOf(this.#statements.deleteParts.all(uploadId)));
      this.#statements.delete.run(uploadId);
      const storedSize = parts.reduce((sum, part) => sum + part.storedSize, 0);
      const written = this.#rows.put(bucket, key, { attributes, storedSize, content });
      const record = {
        ...attributes,
        ...written,
        bucket: complete.bucket,
        key,
        storedSize,
        parts,
        uploadId,
      };
      return { record, released };
    }, ({ released }) => this.#files.release(released));
    return record;
  }

  async abort(id: UploadId): Promise<void> {
    await this.#commit.submit(() => {
      this.#require(this.#buckets.requireInTransaction(id.bucket).id, id);
      this.#statements.delete.run(id.uploadId);
      return filesOf(this.#statements.deleteParts.all(id.uploadId));
    }, (released) => this.#files.release(released));
  }

  #require(bucket: number, id: UploadId): Row {
    const row = this.#statements.find.get(bucket, toStored(id.key), id.uploadId);
    if (row === undefined) throw new S3Error("NoSuchUpload");
    return row;
  }

  #chosenParts({ uploadId, parts }: CompleteUpload): Row[] {
    if (new Set(parts.map((part) => part.number)).size < parts.length) throw new S3Error("InvalidPart");
    return parts.map(({ number, revision }) => {
      const row = this.#statements.findPart.get(uploadId, number);
      if (row === undefined || text(row, "revision") !== revision) throw new S3Error("InvalidPart");
      return row;
    });
  }
}

function filesOf(rows: readonly Row[]): string[] {
  return rows.map((row) => text(row, "file"));
}

function prepare(database: DatabaseSync) {
  return {
    insert: database.prepare(
      "INSERT INTO uploads (bucket, key, upload_id, initiated_at, metadata, checksum_algorithm, checksum_type) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
    ),
    find: database.prepare("SELECT * FROM uploads WHERE bucket = ? AND key = ? AND upload_id = ?"),
    setMetadata: database.prepare("UPDATE uploads SET metadata = ? WHERE upload_id = ?"),
    delete: database.prepare("DELETE FROM uploads WHERE upload_id = ?"),
    putPart: database.prepare(
      "INSERT OR REPLACE INTO parts (upload_id, number, file, revision, size, stored_size, etag, checksum, " +
        "last_modified) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    findPart: database.prepare("SELECT * FROM parts WHERE upload_id = ? AND number = ?"),
    pageOfParts: database.prepare(
      "SELECT * FROM parts WHERE upload_id = ? AND number > ? ORDER BY number LIMIT ?",
    ),
    deletePart: database.prepare("DELETE FROM parts WHERE upload_id = ? AND number = ?"),
    deleteParts: database.prepare("DELETE FROM parts WHERE upload_id = ? RETURNING file"),
  };
}
