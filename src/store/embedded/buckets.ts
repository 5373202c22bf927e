import type { DatabaseSync } from "node:sqlite";
import { Buffer } from "node:buffer";
import { S3Error } from "../../errors/s3-error.ts";
import type { BucketDocument, BucketPage, BucketRecord } from "../store.ts";
import type { BlobFiles } from "./blob-files.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { BucketRow } from "./object-rows.ts";
import { integer, text } from "./row.ts";
import { fromStored, toStored } from "./stored-text.ts";

/** Buckets and their documents. All of them are also kept in memory, as this process alone owns the directory. */
export class Buckets {
  readonly #commit: GroupCommit;
  readonly #files: BlobFiles;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #byName = new Map<string, Bucket>();

  constructor(database: DatabaseSync, commit: GroupCommit, files: BlobFiles) {
    this.#commit = commit;
    this.#files = files;
    this.#statements = prepare(database);
    for (const row of this.#statements.all.all()) {
      this.#remember(integer(row, "id"), text(row, "name"), integer(row, "created_at"));
    }
    const names = new Map(Array.from(this.#byName.values(), (bucket) => [bucket.id, bucket]));
    for (const row of this.#statements.allDocuments.all()) {
      names.get(integer(row, "bucket"))?.documents.set(text(row, "name"), fromStored(text(row, "text")));
    }
  }

  /** The bucket as the last commit left it. @throws S3Error NoSuchBucket */
  require(name: string): BucketRow {
    return this.#known(name);
  }

  /** The bucket inside a transaction, which may have changed it already. @throws S3Error NoSuchBucket */
  requireInTransaction(name: string): BucketRow {
    const row = this.#statements.find.get(name);
    if (row === undefined) throw new S3Error("NoSuchBucket");
    return { id: integer(row, "id"), name };
  }

  /** @param made when it was made, and the documents to keep with it from the first moment on */
  create(
    name: string,
    { createdAt = Date.now(), documents = new Map() }: {
      readonly createdAt?: number;
      readonly documents?: ReadonlyMap<BucketDocument, string>;
    } = {},
  ): Promise<void> {
    const insert = () => {
      if (this.#statements.find.get(name) !== undefined) throw new S3Error("BucketAlreadyOwnedByYou");
      const id = Number(this.#statements.insert.run(name, createdAt).lastInsertRowid);
      for (const [document, text] of documents) {
        this.#statements.setDocument.run(id, document, toStored(text));
      }
      return id;
    };
    return this.#commit.submit(insert, (id) => {
      this.#remember(id, name, createdAt);
      for (const [document, text] of documents) this.#byName.get(name)?.documents.set(document, text);
    }).then(() => {});
  }

  get(name: string): BucketRecord | undefined {
    const bucket = this.#byName.get(name);
    return bucket && { name, createdAt: bucket.createdAt };
  }

  list(page: { prefix: string; after: string; limit: number }): BucketPage {
    const names = Array.from(this.#byName.keys())
      .filter((name) =>
        name.startsWith(page.prefix) && (page.after === "" || inByteOrder(name, page.after) > 0)
      )
      .sort(inByteOrder);
    const buckets = names.slice(0, page.limit).flatMap((name) => this.get(name) ?? []);
    return { buckets, truncated: names.length > page.limit };
  }

  async delete(name: string): Promise<void> {
    const released = await this.#commit.submit(() => {
      const { id } = this.requireInTransaction(name);
      if (this.#statements.anyObject.get(id) !== undefined) throw new S3Error("BucketNotEmpty");
      const files = this.#statements.deleteParts.all(id).map((row) => text(row, "file"));
      this.#statements.deleteUploads.run(id);
      this.#statements.deleteDocuments.run(id);
      this.#statements.delete.run(id);
      return files;
    }, () => this.#byName.delete(name));
    this.#files.release(released);
  }

  getDocument(name: string, document: BucketDocument): string | undefined {
    return this.#known(name).documents.get(document);
  }

  setDocument(name: string, document: BucketDocument, content: string | undefined): Promise<void> {
    return this.#commit.submit(() => {
      const { id } = this.requireInTransaction(name);
      if (content === undefined) this.#statements.deleteDocument.run(id, document);
      else this.#statements.setDocument.run(id, document, toStored(content));
    }, () => {
      const documents = this.#byName.get(name)?.documents;
      if (content === undefined) documents?.delete(document);
      else documents?.set(document, content);
    });
  }

  #known(name: string): Bucket {
    const bucket = this.#byName.get(name);
    if (bucket === undefined) throw new S3Error("NoSuchBucket");
    return bucket;
  }

  #remember(id: number, name: string, createdAt: number): void {
    this.#byName.set(name, { id, name, createdAt, documents: new Map() });
  }
}

interface Bucket extends BucketRow {
  readonly createdAt: number;
  readonly documents: Map<string, string>;
}

function inByteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function prepare(database: DatabaseSync) {
  return {
    all: database.prepare("SELECT id, name, created_at FROM buckets"),
    allDocuments: database.prepare("SELECT bucket, name, text FROM bucket_documents"),
    find: database.prepare("SELECT id FROM buckets WHERE name = ?"),
    insert: database.prepare("INSERT INTO buckets (name, created_at) VALUES (?, ?)"),
    anyObject: database.prepare("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1"),
    deleteParts: database.prepare(
      "DELETE FROM parts WHERE upload_id IN (SELECT upload_id FROM uploads WHERE bucket = ?) RETURNING file",
    ),
    deleteUploads: database.prepare("DELETE FROM uploads WHERE bucket = ?"),
    deleteDocuments: database.prepare("DELETE FROM bucket_documents WHERE bucket = ?"),
    delete: database.prepare("DELETE FROM buckets WHERE id = ?"),
    setDocument: database.prepare(
      "INSERT OR REPLACE INTO bucket_documents (bucket, name, text) VALUES (?, ?, ?)",
    ),
    deleteDocument: database.prepare("DELETE FROM bucket_documents WHERE bucket = ? AND name = ?"),
  };
}
