import type { DatabaseSync, StatementSync } from "node:sqlite";
import { tampered } from "../../errors/tampered.ts";
import type { ObjectAttributes, ObjectPart } from "../store.ts";
import type { FileBody } from "../files/blob-writer.ts";
import type { InlineBody } from "./body.ts";
import { type Row, text } from "./row.ts";

/** A part of an object, and its file. */
export interface Segment extends ObjectPart {
  readonly file: string;
}

/** Rows of what a listing does not show: metadata, and the body inline or as segments. */
export class Contents {
  readonly #describe: StatementSync;
  readonly #read: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  readonly #insertSegment: StatementSync;
  readonly #adoptPart: StatementSync;
  readonly #segments: StatementSync;
  readonly #deleteSegments: StatementSync;

  constructor(database: DatabaseSync) {
    // Read by themselves, not joined to the row of the object: Bun takes ten times as long to hand over a joined row.
    this.#describe = database.prepare("SELECT metadata, checksum, upload_id FROM contents WHERE id = ?");
    this.#read = database.prepare("SELECT metadata, checksum, upload_id, bytes FROM contents WHERE id = ?");
    this.#insert = database.prepare(
      "INSERT INTO contents (metadata, checksum, upload_id, bytes) VALUES (?, ?, ?, ?)",
    );
    this.#update = database.prepare("UPDATE contents SET metadata = ?, checksum = ? WHERE id = ?");
    this.#delete = database.prepare("DELETE FROM contents WHERE id = ?");
    this.#insertSegment = database.prepare(
      "INSERT INTO segments (content, position, file, number, size, stored_size, etag, checksum) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#adoptPart = database.prepare(
      "INSERT INTO segments (content, position, file, number, size, stored_size, etag, checksum) " +
        "SELECT ?, ?, file, number, size, stored_size, etag, checksum FROM parts " +
        "WHERE upload_id = ? AND number = ?",
    );
    this.#segments = database.prepare("SELECT * FROM segments WHERE content = ? ORDER BY position");
    this.#deleteSegments = database.prepare("DELETE FROM segments WHERE content = ? RETURNING file");
  }

  /** The row of a content without its bytes. @throws S3Error XMinioObjectTampered when it is lost */
  describe(content: number): Row {
    return found(this.#describe.get(content), content);
  }

  /** The row of a content with its bytes, which are NULL when the body rests in files. @throws as `describe` */
  read(content: number): Row {
    return found(this.#read.get(content), content);
  }

  /** The content of an object written at once; its id. */
  insertBody(attributes: ObjectAttributes, body: InlineBody | FileBody): number {
    const bytes = "bytes" in body ? body.bytes : null;
    const content = this.#insertContent(attributes, null, bytes);
    if ("file" in body) {
      this.#insertSegment.run(content, 0, body.file, 0, attributes.size, body.size, attributes.etag, null);
    }
    return content;
  }

  /** The content of a multipart object that comes with its parts; its id. */
  insertSegments(attributes: ObjectAttributes, uploadId: string, segments: readonly Segment[]): number {
    const content = this.#insertContent(attributes, uploadId, null);
    segments.forEach(({ file, number, size, storedSize, etag, checksum }, position) =>
      this.#insertSegment.run(content, position, file, number, size, storedSize, etag, checksum ?? null)
    );
    return content;
  }

  /** The content of a multipart object, whose segments are these parts of the upload; its id. */
  insertParts(attributes: ObjectAttributes, uploadId: string, numbers: readonly number[]): number {
    const content = this.#insertContent(attributes, uploadId, null);
    numbers.forEach((number, position) => this.#adoptPart.run(content, position, uploadId, number));
    return content;
  }

  /** Replaces what the content says of its body. */
  update(content: number, attributes: ObjectAttributes): void {
    this.#update.run(JSON.stringify(attributes.metadata), attributes.checksum?.value ?? null, content);
  }

  /** Removes a content; the files that no row names any more. */
  remove(content: number): string[] {
    this.#delete.run(content);
    return this.#deleteSegments.all(content).map((row) => text(row, "file"));
  }

  /** Rows of the segments of a content, in order. */
  segments(content: number): Row[] {
    return this.#segments.all(content);
  }

  #insertContent(attributes: ObjectAttributes, uploadId: string | null, bytes: Uint8Array | null): number {
    const inserted = this.#insert.run(
      JSON.stringify(attributes.metadata),
      attributes.checksum?.value ?? null,
      uploadId,
      bytes,
    );
    return Number(inserted.lastInsertRowid);
  }
}

function found(row: Row | undefined, content: number): Row {
  if (row === undefined) {
    throw tampered(`the store's database has lost content ${content}, which an object names`);
  }
  return row;
}
