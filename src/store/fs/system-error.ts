import { S3Error } from "../../errors/s3-error.ts";
import { explainFullDisk } from "../files/storage-full.ts";

/** The code of an error of the operating system, `""` for anything else. */
export function systemCode(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
}

/** Whether a path does not exist: nothing of that name, or a file where a directory would have to be. */
export function isMissing(thrown: unknown): boolean {
  const code = systemCode(thrown);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Resolves to `undefined` where the path does not exist. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw explainSystemError(thrown);
  }
}

/** What a client is told of an error of the file system; anything else comes back as it is. */
export function explainSystemError(thrown: unknown): unknown {
  // A key of legal length may still have an element that is too long for a file name.
  if (systemCode(thrown) === "ENAMETOOLONG") return new S3Error("KeyTooLongError", { cause: thrown });
  return explainFullDisk(thrown);
}
