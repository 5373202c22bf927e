import { open, stat } from "node:fs/promises";
import { identityOf, isSameFile } from "./data-file.ts";
import { type FileIdentity, type FsJson, parseFsJson } from "./fs-json.ts";
import { JsonFault } from "../json-reader.ts";
import { unlessMissing } from "./system-error.ts";

/** The longest fs.json that is read: ten thousand parts with room to spare. */
const MAX_SIZE = 16 * 1024 * 1024;

/** An fs.json as it was read. */
export interface MetadataFile {
  readonly bytes: Uint8Array;
  /** Whether `bytes` are all of it: what is too long is not read. */
  readonly complete: boolean;
  /** Which write of the file this is. */
  readonly identity: FileIdentity;
  readonly content: FsJson | { readonly damage: string };
}

/**
 * Reads an fs.json.
 * @returns `undefined` where there is none, or an empty one: MinIO makes it empty first, and what it dies over stays so
 */
export async function readMetadataFile(path: string): Promise<MetadataFile | undefined> {
  const handle = await unlessMissing(open(path, "r"));
  if (handle === undefined) return undefined;
  try {
    const facts = await handle.stat({ bigint: true });
    // The directory of an object whose last name is fs.json.
    if (!facts.isFile() || facts.size === 0n) return undefined;
    const identity = identityOf(facts);
    if (identity.size > MAX_SIZE) {
      return { bytes: new Uint8Array(), complete: false, identity, content: { damage: "it is too long" } };
    }
    const bytes = await handle.readFile();
    return { bytes, complete: true, identity, content: contentOf(bytes.toString("utf8")) };
  } finally {
    await handle.close();
  }
}

function contentOf(text: string): MetadataFile["content"] {
  try {
    return parseFsJson(text);
  } catch (thrown) {
    if (!(thrown instanceof JsonFault)) throw thrown;
    return { damage: thrown.message };
  }
}

/** Whether the file at the path is still the one that was read, or still none. */
export async function isUnchanged(path: string, read: MetadataFile | undefined): Promise<boolean> {
  const facts = await unlessMissing(stat(path, { bigint: true }));
  if (facts === undefined || !facts.isFile() || facts.size === 0n) return read === undefined;
  return read !== undefined && isSameFile(identityOf(facts), read.identity);
}
