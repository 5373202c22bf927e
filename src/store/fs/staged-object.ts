import { readFile, stat } from "node:fs/promises";
import type { FileBody } from "../files/blob-writer.ts";
import { identityOf } from "./data-file.ts";
import { type FileIdentity, formatFsJson, type FsJson } from "./fs-json.ts";
import { JsonFault, JsonReader } from "../json-reader.ts";
import { METADATA_SUFFIX, type Staging, TARGET_SUFFIX } from "./staging.ts";
import { unlessMissing } from "./system-error.ts";

/** The name of an object, as it rests beside a staged file so that the file can be led home after a crash. */
export interface Target {
  readonly bucket: string;
  readonly key: string;
}

/** An object that is complete and durable in staging: its bytes and its metadata file. */
export interface StagedObject extends Target {
  readonly id: string;
  readonly identity: FileIdentity;
  /** Of its metadata file. */
  readonly text: string;
}

/** Puts the metadata file of an object beside its bytes, and makes both durable. */
export async function stageObject(
  staging: Staging,
  body: FileBody,
  target: Target,
  content: Omit<FsJson, "own"> & { readonly own: Omit<NonNullable<FsJson["own"]>, "id"> },
): Promise<StagedObject> {
  const id = body.file;
  const identity = identityOf(await stat(staging.path(id), { bigint: true }));
  const own = { id, staging: staging.name, file: identity, ...content.own };
  const text = formatFsJson({ ...content, own });
  await Promise.all([
    staging.writeFile(id + METADATA_SUFFIX, text),
    staging.writeFile(id + TARGET_SUFFIX, JSON.stringify({ bucket: target.bucket, key: target.key })),
  ]);
  await staging.sync();
  return { ...target, id, identity, text };
}

/** The name that rests beside a staged file; `undefined` when there is none, or a power cut took it. */
export async function readTarget(path: string): Promise<Target | undefined> {
  const text = await unlessMissing(readFile(path + TARGET_SUFFIX, "utf8"));
  if (text === undefined) return undefined;
  try {
    const target = JsonReader.parse(text);
    return { bucket: target.text("bucket"), key: target.text("key") };
  } catch (thrown) {
    if (thrown instanceof JsonFault) return undefined;
    throw thrown;
  }
}
