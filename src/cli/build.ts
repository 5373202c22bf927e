import type { Notice } from "./notices.ts";

/** What an executable knows of its making. */
export interface Build {
  /** The commit that it was built from. */
  readonly commit: string;
  /** The terms of everything of others that is inside. */
  readonly notices: readonly Notice[];
}

/** Put in its place by scripts/compile.ts. */
declare const MINIO_TS_BUILD: Build;

/** The making of this executable, `undefined` in a source tree. */
export const BUILD: Build | undefined = typeof MINIO_TS_BUILD === "undefined" ? undefined : MINIO_TS_BUILD;
