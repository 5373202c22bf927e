import { S3Error } from "../../errors/s3-error.ts";

const SQLITE_FULL = 13;

/** XMinioStorageFull when `thrown` says that the disk or quota is full; otherwise `thrown` itself. */
export function explainFullDisk(thrown: unknown): unknown {
  return isFullDisk(thrown) ? new S3Error("XMinioStorageFull", { cause: thrown }) : thrown;
}

/** Whether `thrown` says that the disk or quota is full: from SQLite or from the file system. */
export function isFullDisk(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if ("code" in thrown && (thrown.code === "ENOSPC" || thrown.code === "EDQUOT")) return true;
  // Deno's node:sqlite gives no errcode, only SQLite's text.
  return ("errcode" in thrown && thrown.errcode === SQLITE_FULL) ||
    thrown.message.includes("database or disk is full");
}
