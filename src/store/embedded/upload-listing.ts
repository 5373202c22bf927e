import type { DatabaseSync, StatementSync } from "node:sqlite";
import { unlessTampered } from "../../errors/tampered.ts";
import type { UploadListQuery, UploadPage, UploadRecord } from "../store.ts";
import { foldedPage, isCommonPrefix } from "../folded-page.ts";
import { later } from "./object-listing.ts";
import type { BucketRow } from "./object-rows.ts";
import { uploadRecord } from "./record-columns.ts";
import type { Row } from "./row.ts";
import { pastPrefix, toStored } from "./stored-text.ts";

/** A place among uploads: those behind `uploadId` of the stored key, and of all later keys. */
interface Position {
  readonly key: string | Uint8Array;
  readonly uploadId: string;
}

/** Pages of unfinished uploads. Upload ids of one key sort by time of initiation. */
export class UploadListing {
  readonly #scan: StatementSync;

  constructor(database: DatabaseSync) {
    this.#scan = database.prepare(
      "SELECT * FROM uploads WHERE bucket = ? AND (key, upload_id) > (?, ?) AND key < ? " +
        "ORDER BY key, upload_id LIMIT ?",
    );
  }

  page(bucket: BucketRow, query: UploadListQuery): UploadPage {
    const end = pastPrefix(toStored(query.prefix));
    const source = {
      scan: ({ key, uploadId }: Position, most: number) =>
        this.#scan.all(bucket.id, key, uploadId, end, most).map((row) => listed(bucket, row)),
      key: (upload: UploadRecord) => upload.key,
      behind: (upload: UploadRecord) => ({ key: toStored(upload.key), uploadId: upload.uploadId }),
      behindAll: (prefix: string) => ({ key: pastPrefix(toStored(prefix)), uploadId: "" }),
    };
    const { items, prefixes, last } = foldedPage(source, query, startOf(query));
    if (last === undefined) return { uploads: items, prefixes };
    if (typeof last === "string") return { uploads: items, prefixes, next: { key: last, uploadId: "" } };
    return { uploads: items, prefixes, next: { key: last.key, uploadId: last.uploadId } };
  }
}

function startOf(query: UploadListQuery): Position {
  const { afterKey, afterUploadId } = query;
  const prefix = toStored(query.prefix);
  if (afterKey === "") return { key: prefix, uploadId: "" };
  if (isCommonPrefix(afterKey, query)) return { key: pastPrefix(toStored(afterKey)), uploadId: "" };
  const key = toStored(afterUploadId === "" ? afterKey + "\0" : afterKey);
  return later(prefix, key) === key ? { key, uploadId: afterUploadId } : { key: prefix, uploadId: "" };
}

/** One whose metadata somebody damaged is shown without it: only who sees it can abort it. */
function listed({ name }: BucketRow, row: Row): UploadRecord {
  return unlessTampered(() => uploadRecord(name, row)) ?? uploadRecord(name, { ...row, metadata: "{}" });
}
