import type { DatabaseSync, StatementSync } from "node:sqlite";
import { randomBytes } from "node:crypto";
import { S3Error } from "../../errors/s3-error.ts";
import type { Expectation, ObjectAttributes, ObjectRecord } from "../store.ts";
import type { Contents } from "./contents.ts";
import { objectPart, objectRecord } from "./record-columns.ts";
import { integer, optionalBytes, optionalText, type Row, text } from "./row.ts";
import { toStored } from "./stored-text.ts";

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
  readonly #head: StatementSync;
  readonly #find: StatementSync;
  readonly #current: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;

  constructor(database: DatabaseSync, contents: Contents) {
    this.#contents = contents;
    const joined = "FROM objects o JOIN contents c ON c.id = o.content WHERE o.bucket = ? AND o.key = ?";
    this.#head = database.prepare(`SELECT o.*, c.metadata, c.checksum, c.upload_id ${joined}`);
    this.#find = database.prepare(`SELECT o.*, c.metadata, c.checksum, c.upload_id, c.bytes ${joined}`);
    this.#current = database.prepare("SELECT revision, content FROM objects WHERE bucket = ? AND key = ?");
    this.#put = database.prepare(
      "INSERT OR REPLACE INTO objects (bucket, key, version, revision, size, stored_size, etag, " +
        "last_modified, checksum_algorithm, checksum_type, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#delete = database.prepare("DELETE FROM objects WHERE bucket = ? AND key = ?");
  }

  head(bucket: BucketRow, key: string): ObjectRecord | undefined {
    const row = this.#head.get(bucket.id, toStored(key));
    if (row === undefined) return undefined;
    const isMultipart = optionalText(row, "upload_id") !== undefined;
    return objectRecord(bucket.name, row, isMultipart ? this.#segments(row).map(objectPart) : []);
  }

  find(bucket: BucketRow, key: string): FoundObject | undefined {
    const row = this.#find.get(bucket.id, toStored(key));
    if (row === undefined) return undefined;
    const bytes = optionalBytes(row, "bytes");
    const segments = bytes === undefined ? this.#segments(row) : [];
    const isMultipart = optionalText(row, "upload_id") !== undefined;
    return {
      record: objectRecord(bucket.name, row, isMultipart ? segments.map(objectPart) : []),
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
