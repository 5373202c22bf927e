import { randomUUID } from "node:crypto";
import { readFile, rename } from "node:fs/promises";
import { StartError } from "../start-error.ts";
import { JsonFault, JsonReader } from "../json-reader.ts";
import type { Layout } from "./layout.ts";
import { unlessMissing } from "./system-error.ts";
import type { Workplace } from "./workplace.ts";

/**
 * The id of the deployment that `format.json` names; `undefined` where there is no such file.
 * @throws StartError when the directory is in another format than this one
 */
export async function readFormat(layout: Layout): Promise<{ readonly id: string | undefined } | undefined> {
  const text = await unlessMissing(readFile(layout.formatFile, "utf8"));
  if (text === undefined) return undefined;
  try {
    const root = JsonReader.parse(text);
    return checkFormat(layout, root.text("format"), root);
  } catch (thrown) {
    if (!(thrown instanceof JsonFault)) throw thrown;
    throw new StartError(
      "damaged",
      `${layout.formatFile} is damaged: ${thrown.message}. Restore it from a backup.`,
      thrown,
    );
  }
}

function checkFormat(layout: Layout, format: string, root: JsonReader): { readonly id: string | undefined } {
  if (format !== "fs") {
    throw new StartError(
      "erasure-coded",
      `${layout.root} is one drive of a MinIO in the format "${format}", whose objects are spread over several. ` +
        "Copy them from a running MinIO, for example with mc mirror.",
    );
  }
  const version = root.object("fs")?.text("version");
  if (root.text("version") !== "1" || version !== "2") {
    throw new StartError(
      "older-format",
      `${layout.root} is in version ${
        JSON.stringify(version)
      } of MinIO's file system layout, not in version "2". ` +
        "Start a MinIO of 2019 on it once, which brings it up to date.",
    );
  }
  const id = root.optionalText("id");
  return { id: id === "" ? undefined : id };
}

/** Writes `format.json`, as MinIO does on an empty directory. For who holds the lock of the layout. */
export async function writeFormat({ layout, staging, directories }: Workplace, id: string): Promise<void> {
  const draft = staging.draft();
  const text = JSON.stringify({ version: "1", format: "fs", id, fs: { version: "2" } });
  try {
    await staging.writeFile(draft, text);
    await rename(staging.path(draft), layout.formatFile);
  } catch (thrown) {
    await staging.discard(draft);
    throw thrown;
  }
  await directories.sync(layout.system);
}

export function newDeploymentId(): string {
  return randomUUID();
}
