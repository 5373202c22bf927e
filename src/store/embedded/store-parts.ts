import type { BlobFiles } from "./blob-files.ts";
import type { Buckets } from "./buckets.ts";
import type { Contents } from "./contents.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { ObjectRows } from "./object-rows.ts";

/** What everything that writes to the store works with. */
export interface StoreParts {
  readonly buckets: Buckets;
  readonly rows: ObjectRows;
  readonly contents: Contents;
  readonly commit: GroupCommit;
  readonly files: BlobFiles;
}
