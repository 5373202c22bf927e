import { Buffer } from "node:buffer";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

/** The rows of one object, as an intruder finds them. */
export interface ObjectRows {
  readonly key: string;
  readonly content: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Paths of its files in order; none for an object that rests in the database. */
  readonly files: readonly string[];
}

/** The directory of a store that no server has open, in the hands of an intruder who can undo it all. */
export class StoppedStore {
  readonly directory: string;
  readonly #untouched = new Map<string, Buffer>();

  constructor(directory: string) {
    this.directory = directory;
    for (const name of this.#names()) this.#untouched.set(name, readFileSync(join(directory, name)));
  }

  /** Puts every file back as it was in the beginning, and removes all others. */
  restore(): void {
    for (const name of this.#names()) {
      if (!this.#untouched.has(name)) rmSync(join(this.directory, name));
    }
    for (const [name, bytes] of this.#untouched) {
      mkdirSync(dirname(join(this.directory, name)), { recursive: true });
      writeFileSync(join(this.directory, name), bytes);
    }
  }

  /** Runs SQL on the database of the store. */
  sql(text: string, ...values: SQLInputValue[]): void {
    this.#database((database) => database.prepare(text).run(...values));
  }

  object(key: string): ObjectRows {
    return this.#database((database) => {
      const row = database.prepare(
        "SELECT o.content, c.metadata FROM objects o JOIN contents c ON c.id = o.content WHERE o.key = ?",
      ).get(key);
      if (row === undefined) throw new Error(`there is no ${key}`);
      const content = Number(row["content"]);
      const segments = database.prepare("SELECT file FROM segments WHERE content = ? ORDER BY position").all(
        content,
      );
      return {
        key,
        content,
        metadata: JSON.parse(String(row["metadata"])) as Record<string, string>,
        files: segments.map(({ file }) => this.#path(String(file))),
      };
    });
  }

  setMetadata({ content }: ObjectRows, metadata: Readonly<Record<string, string>>): void {
    this.sql("UPDATE contents SET metadata = ? WHERE id = ?", JSON.stringify(metadata), content);
  }

  /** The stored bytes of an object: in the database, or in its file number `position`. */
  bytes(object: ObjectRows, position = 0): Buffer {
    const path = object.files[position];
    if (path !== undefined) return readFileSync(path);
    return this.#database((database) => {
      const row = database.prepare("SELECT bytes FROM contents WHERE id = ?").get(object.content);
      const bytes = row?.["bytes"];
      if (!(bytes instanceof Uint8Array)) throw new Error(`${object.key} has no bytes`);
      return Buffer.from(bytes);
    });
  }

  setBytes(object: ObjectRows, bytes: Uint8Array, position = 0): void {
    const path = object.files[position];
    if (path !== undefined) writeFileSync(path, bytes);
    else this.sql("UPDATE contents SET bytes = ? WHERE id = ?", bytes, object.content);
  }

  #path(file: string): string {
    return join(this.directory, "blobs", file.slice(0, 2), file);
  }

  #names(): string[] {
    return readdirSync(this.directory, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(join(this.directory, name)).isFile());
  }

  #database<T>(use: (database: DatabaseSync) => T): T {
    const database = new DatabaseSync(join(this.directory, "store.db"));
    try {
      return use(database);
    } finally {
      database.close();
    }
  }
}
