import { createHash } from "node:crypto";
import { lstat, readdir, readFile } from "node:fs/promises";
import { S3Error } from "../../errors/s3-error.ts";
import type { PartRecord } from "../store.ts";
import { concurrently } from "../concurrently.ts";
import { identityOf } from "./data-file.ts";
import type { FileIdentity } from "./fs-json.ts";
import { unlessMissing } from "./system-error.ts";

/** How many part files are looked at at a time. */
const LOOKED_AT_ONCE = 16;

/** What the name of a part file says (minio-formats section 8): `00001.<stored etag>.<plaintext size>`. */
export interface PartName {
  readonly number: number;
  readonly etag: string;
  /** Plaintext bytes. */
  readonly size: number;
}

/** A part of an unfinished upload, and its file. */
export interface PartFile {
  readonly name: string;
  readonly record: PartRecord;
}

/** @throws S3Error InternalError for an ETag that cannot be part of a file name */
export function formatPartName({ number, etag, size }: PartName): string {
  if (!/^[\w:+=-]{1,200}$/.test(etag)) {
    throw new S3Error("InternalError", { cause: new Error("the ETag of a part cannot be a file name") });
  }
  return `${String(number).padStart(5, "0")}.${etag}.${size}`;
}

/** `undefined` for the name of anything else. */
export function parsePartName(name: string): PartName | undefined {
  const match = /^(\d{5})\.([\w:+=-]+)\.(\d{1,15})$/.exec(name);
  if (match === null) return undefined;
  const [, number = "", etag = "", size = ""] = match;
  return { number: Number(number), etag, size: Number(size) };
}

/** Names this very upload of a part: other bytes are another file. */
export function partRevision(name: string, { inode, modified, size }: FileIdentity): string {
  return createHash("sha256").update(JSON.stringify([name, inode, modified, size])).digest("hex").slice(
    0,
    32,
  );
}

/**
 * The parts of an upload by ascending number. MinIO leaves a part that was replaced beside the new one; the younger
 * file counts.
 * @param checksums the directory where checksums of parts are kept by their revisions
 */
export async function readParts(directory: string, checksums: string): Promise<PartFile[]> {
  const names = (await unlessMissing(readdir(directory)) ?? []).filter((name) =>
    parsePartName(name) !== undefined
  );
  const known = new Set(await unlessMissing(readdir(checksums)) ?? []);
  const files = await concurrently(
    names,
    LOOKED_AT_ONCE,
    (name) => readPart(directory, name, checksums, known),
  );
  const youngest = new Map<number, { readonly file: PartFile; readonly time: bigint }>();
  for (const found of files) {
    if (found === undefined) continue;
    const { number } = found.file.record;
    const other = youngest.get(number);
    if (other === undefined || other.time < found.time) youngest.set(number, found);
  }
  return [...youngest.values()].map(({ file }) => file).sort((a, b) => a.record.number - b.record.number);
}

async function readPart(
  directory: string,
  name: string,
  checksums: string,
  known: ReadonlySet<string>,
): Promise<{ readonly file: PartFile; readonly time: bigint } | undefined> {
  const parsed = parsePartName(name);
  const facts = await unlessMissing(lstat(`${directory}/${name}`, { bigint: true }));
  if (parsed === undefined || !facts?.isFile()) return undefined;
  const identity = identityOf(facts);
  const revision = partRevision(name, identity);
  const checksum = known.has(revision)
    ? await unlessMissing(readFile(`${checksums}/${revision}`, "utf8"))
    : undefined;
  const record = {
    ...parsed,
    revision,
    storedSize: identity.size,
    lastModified: identity.modified,
    ...(checksum === undefined ? {} : { checksum }),
  };
  return { file: { name, record }, time: facts.mtimeNs };
}
