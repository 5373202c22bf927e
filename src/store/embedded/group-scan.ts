import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { BucketRow } from "./object-rows.ts";
import { text } from "./row.ts";
import { fromStored, pastPrefix, toStored } from "./stored-text.ts";

/** Stored text escapes with these, so that a delimiter of them could be found where no key has it. */
// deno-lint-ignore no-control-regex -- see above
const ESCAPES = /[\0-\x02]/;

/** Finds runs of common prefixes inside SQLite, one seek a group: five times faster than a statement a group. */
export class GroupScan {
  readonly #scan: StatementSync;

  constructor(database: DatabaseSync) {
    // Each row is the place behind a group, whose first key gives the group; NULL where a key does not fold.
    this.#scan = database.prepare(`
      WITH RECURSIVE place(behind) AS (
        SELECT :from
        UNION ALL
        SELECT (
          SELECT substr(key, 1, length(:prefix) + nullif(instr(substr(key, length(:prefix) + 1), :delimiter), 0) - 1)
            || :pastDelimiter
          FROM objects WHERE bucket = :bucket AND key >= behind AND key < :end ORDER BY key LIMIT 1
        ) FROM place WHERE behind IS NOT NULL LIMIT :most
      )
      SELECT behind FROM place WHERE behind IS NOT NULL LIMIT -1 OFFSET 1
    `);
  }

  /** Up to `most` common prefixes from a stored position on, ending before the first key that does not fold. */
  run(
    bucket: BucketRow,
    query: { readonly prefix: string; readonly delimiter: string },
    from: string | Uint8Array,
    most: number,
  ): string[] {
    const { prefix, delimiter } = query;
    const pastDelimiter = pastPrefix(delimiter);
    if (ESCAPES.test(delimiter) || typeof pastDelimiter !== "string" || typeof from !== "string") return [];
    const rows = this.#scan.all({
      bucket: bucket.id,
      prefix: toStored(prefix),
      end: pastPrefix(toStored(prefix)),
      delimiter,
      pastDelimiter,
      from,
      most: most + 1,
    });
    return rows.map((row) => fromStored(text(row, "behind").slice(0, -pastDelimiter.length)) + delimiter);
  }
}
