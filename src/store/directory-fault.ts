import { isFullDisk } from "./files/storage-full.ts";
import { StartError } from "./start-error.ts";

/** What is wrong with a directory that a store could not be opened in; anything unknown comes back as it is. */
export function directoryFault(thrown: unknown, root: string): unknown {
  if (thrown instanceof StartError || !(thrown instanceof Error)) return thrown;
  const code = "code" in thrown ? thrown.code : undefined;
  if (code === "EEXIST" || code === "ENOTDIR") {
    return new StartError(
      "not-a-directory",
      `${root} is not a directory. Name a directory for the data.`,
      thrown,
    );
  }
  if (
    code === "EACCES" || code === "EPERM" || code === "EROFS" ||
    /readonly|unable to open/.test(thrown.message)
  ) {
    return new StartError(
      "not-writable",
      `${root} cannot be written (${thrown.message}). Give the server's user read and write access to it.`,
      thrown,
    );
  }
  if (isFullDisk(thrown)) {
    return new StartError("disk-full", `The disk of ${root} is full. Free some space on it.`, thrown);
  }
  return thrown;
}
