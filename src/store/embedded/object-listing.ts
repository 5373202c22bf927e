import { Buffer } from "node:buffer";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ListedObject, ListQuery, ObjectPage } from "../store.ts";
import { foldedPage, isCommonPrefix } from "../folded-page.ts";
import { GroupScan } from "./group-scan.ts";
import type { BucketRow } from "./object-rows.ts";
import { checksumPlan } from "./record-columns.ts";
import { integer, optionalText, type Row, text } from "./row.ts";
import { fromStored, pastPrefix, toStored } from "./stored-text.ts";

/** A place among stored keys: everything from here on. */
type Position = string | Uint8Array;

/** Pages of current objects. */
export class ObjectListing {
  readonly #scan: StatementSync;
  readonly #groups: GroupScan;

  constructor(database: DatabaseSync) {
    this.#scan = database.prepare(
      "SELECT key, size, etag, last_modified, checksum_algorithm, checksum_type, storage_class FROM objects " +
        "WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?",
    );
    this.#groups = new GroupScan(database);
  }

  page(bucket: BucketRow, query: ListQuery): ObjectPage {
    const end = pastPrefix(toStored(query.prefix));
    const source = {
      scan: (position: Position, most: number) =>
        this.#scan.all(bucket.id, position, end, most).map(listedObject),
      key: (object: ListedObject) => object.key,
      behind: (object: ListedObject) => toStored(object.key + "\0"),
      behindAll: (prefix: string) => pastPrefix(toStored(prefix)),
      groups: (position: Position, most: number) => this.#groups.run(bucket, query, position, most),
    };
    const { items, prefixes, last } = foldedPage(source, query, startOf(query));
    if (last === undefined) return { objects: items, prefixes };
    return { objects: items, prefixes, next: typeof last === "string" ? last : last.key };
  }
}

function startOf(query: ListQuery): Position {
  if (query.after === "") return toStored(query.prefix);
  if (isCommonPrefix(query.after, query)) return pastPrefix(toStored(query.after));
  return later(toStored(query.prefix), toStored(query.after + "\0"));
}

/** The later of two texts in UTF-8 byte order. */
export function later(a: string, b: string): string {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0 ? b : a;
}

function listedObject(row: Row): ListedObject {
  const listed: ListedObject = {
    key: fromStored(text(row, "key")),
    size: integer(row, "size"),
    etag: text(row, "etag"),
    lastModified: integer(row, "last_modified"),
  };
  const checksum = checksumPlan(row);
  const storageClass = optionalText(row, "storage_class");
  if (checksum === undefined && storageClass === undefined) return listed;
  return { ...listed, storageClass, ...(checksum === undefined ? {} : { checksum }) };
}
