import type { DatabaseSync, StatementSync } from "node:sqlite";
import { randomBytes } from "node:crypto";
import { S3Error } from "../../errors/s3-error.ts";
import type { Expectation, ObjectAttributes, ObjectRecord } from "../store.ts";
import type { Contents } from "./contents.ts";
import { objectRecord } from "./record-columns.ts";
import { integer, optionalBytes, optionalText, type Row, text } from "./row.ts";
import { toStored } from "./stored-text.ts";
import { STORAGE_CLASS } from "../storage-class.ts";

/** The version id of objects while versioning is off. */
const NULL_VERSION = "null";

/** An object with its body: inline, or in files in this order. */
export interface FoundObject {
  readonly record: ObjectRecord;
  readonly bytes: Uint8Array | undefined;
  readonly segments: readonly { readonly file: string; readonly storedSize: number }[];
}

/** A bucket as rows know it. */
export interface BucketRow {
  readonly id: number;
  readonly name: string;
}

/** Rows of current objects. The methods that write belong inside a transaction. */
export class ObjectRows {
  readonly #contents: Contents;
  readonly #find: StatementSync;
  readonly #current: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;

  constructor(database: DatabaseSync, contents: Contents) {
    this.#contents = contents;
    this.#find = database.prepare("SELECT * FROM objects WHERE bucket = ? AND key = ?");
    this.#current = database.prepare("SELECT revision, content FROM objects WHERE bucket = ? AND key = ?");
    this.#put = database.prepare(
      "INSERT OR REPLACE INTO objects (bucket, key, version, revision, size, stored_size, etag, " +
        "last_modified, checksum_algorithm, checksum_type, storage_class, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#delete = database.prepare("DELETE FROM objects WHERE bucket = ? AND key = ?");
  }

  head(bucket: BucketRow, key: string): ObjectRecord | undefined {
    const row = this.#find.get(bucket.id, toStored(key));
    if (row === undefined) return undefined;
    const content = this.#contents.describe(integer(row, "content"));
    return objectRecord(bucket.name, row, content, isMultipart(content) ? this.#segments(row) : []);
  }

  find(bucket: BucketRow, key: string): FoundObject | undefined {
    const row = this.#find.get(bucket.id, toStored(key));
    if (row === undefined) return undefined;
    const content = this.#contents.read(integer(row, "content"));
    const bytes = optionalBytes(content, "bytes");
    const segments = bytes === undefined ? this.#segments(row) : [];
    return {
      record: objectRecord(bucket.name, row, content, isMultipart(content) ? segments : []),
      bytes,
      segments: segments.map((segment) => ({
        file: text(segment, "file"),
        storedSize: integer(segment, "stored_size"),
      })),
    };
  }

  /**
   * The revision and content of the current object.
   * @throws S3Error PreconditionFailed when it is not what `expect` says
   */
  current(bucket: BucketRow, key: string, expect: Expectation | undefined): CurrentObject | undefined {
    const row = this.#current.get(bucket.id, toStored(key));
    const current = row && { revision: text(row, "revision"), content: integer(row, "content") };
    if (expect !== undefined) {
      const holds = "absent" in expect ? current === undefined : current?.revision === expect.revision;
      if (!holds) throw new S3Error("PreconditionFailed");
    }
    return current;
  }

  /** Makes `content` the current object under a new revision. */
  put(bucket: BucketRow, key: string, object: NewObject): WrittenObject {
    const { attributes, storedSize, content } = object;
    const written = { revision: newRevision(), lastModified: object.lastModified ?? Date.now() };
    this.#put.run(
      bucket.id,
      toStored(key),
      NULL_VERSION,
      written.revision,
      attributes.size,
      storedSize,
      attributes.etag,
      written.lastModified,
      attributes.checksum?.algorithm ?? null,
      attributes.checksum?.type ?? null,
      attributes.metadata[STORAGE_CLASS] ?? null,
      content,
    );
    return written;
  }

  /** Removes the current object and its content; the files that no row names any more. */
  remove(bucket: BucketRow, key: string, current: CurrentObject): string[] {
    this.#delete.run(bucket.id, toStored(key));
    return this.#contents.remove(current.content);
  }

  #segments(row: Row): Row[] {
    return this.#contents.segments(integer(row, "content"));
  }
}

function isMultipart(content: Row): boolean {
  return optionalText(content, "upload_id") !== undefined;
}

export interface CurrentObject {
  readonly revision: string;
  readonly content: number;
}

export interface NewObject {
  readonly attributes: ObjectAttributes;
  readonly storedSize: number;
  readonly content: number;
  /** Now, unless given. */
  readonly lastModified?: number;
}

export interface WrittenObject {
  readonly revision: string;
  readonly lastModified: number;
}

/** An id that no other write ever gets. */
export function newRevision(): string {
  return randomBytes(12).toString("base64url");
}
