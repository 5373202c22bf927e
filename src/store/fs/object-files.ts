import type { FileHandle } from "node:fs/promises";
import { S3Error } from "../../errors/s3-error.ts";
import { isEncrypted, looksEncrypted } from "./ciphertext.ts";
import { findData, findFile, type Found, type FoundFile, isSameFile } from "./data-file.ts";
import type { OwnMember } from "./fs-json.ts";
import type { Layout } from "./layout.ts";
import { isUnchanged, type MetadataFile, readMetadataFile } from "./metadata-file.ts";
import { NO_ETAG, type Reading, readObject } from "./record.ts";

/** How often files that change under the reader are looked at anew. Each time another write has just been finished. */
const ATTEMPTS = 64;

/** The two files of an object, known to belong together. */
export interface ObjectFiles {
  readonly reading: Reading;
  readonly metadata: MetadataFile | undefined;
  readonly data: FoundFile;
  /** Whether the bytes are still in staging: their writer is about to move them to their place, or died before. */
  readonly staged: boolean;
}

/**
 * The files of an object.
 *
 * A write of this program puts the new metadata file in its place first, and then the bytes. In between the metadata
 * name the staging file where the new bytes are, so a reader finds the new object whole. Bytes that are in place are
 * the right ones when the metadata file is the same before and after they were found; that their identity is the one
 * that the metadata tell spares the reader the second look.
 * @param wantHandle whether `data.handle` is to be open; it is the caller's to close
 * @returns `undefined` when there is no such object
 * @throws S3Error SlowDown when the files never hold still
 */
export async function findObject(
  layout: Layout,
  bucket: string,
  key: string,
  wantHandle: boolean,
): Promise<ObjectFiles | undefined> {
  const path = layout.metadata(bucket, key);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const metadata = await readMetadataFile(path);
    const { found, staged, certain } = await findBytes(layout, bucket, key, ownMember(metadata), wantHandle);
    if (certain || await isUnchanged(path, metadata)) {
      if (found?.kind !== "file") return undefined;
      return { reading: readObject(bucket, key, found.identity, metadata), metadata, data: found, staged };
    }
    await closeFound(found);
  }
  throw new S3Error("SlowDown");
}

async function findBytes(
  layout: Layout,
  bucket: string,
  key: string,
  own: OwnMember | undefined,
  wantHandle: boolean,
): Promise<{ readonly found: Found | undefined; readonly staged: boolean; readonly certain: boolean }> {
  const path = layout.data(bucket, key);
  const inPlace = await findData(layout, path, wantHandle);
  if (inPlace?.kind === "file" && own?.file !== undefined && isSameFile(inPlace.identity, own.file)) {
    return { found: inPlace, staged: false, certain: true };
  }
  if (own?.staging === undefined) return { found: inPlace, staged: false, certain: false };
  await closeFound(inPlace);
  const staged = await findFile(layout.staged(own.staging, own.id), wantHandle);
  if (staged !== undefined) return { found: staged, staged: true, certain: false };
  // They may have been moved just now: whatever is in place from here on is at least as new as the metadata.
  return { found: await findData(layout, path, wantHandle), staged: false, certain: false };
}

async function closeFound(found: Found | undefined): Promise<void> {
  if (found?.kind === "file") await found.handle?.close();
}

/** What this program noted in a metadata file, if it wrote it. */
export function ownMember(metadata: MetadataFile | undefined): OwnMember | undefined {
  return metadata === undefined || "damage" in metadata.content ? undefined : metadata.content.own;
}

/**
 * Why an object cannot be read: its metadata file is damaged, or the bytes are encrypted by their looks while nothing
 * says so. Where an ETag is known the bytes are what a client once sent, whatever they look like.
 * @returns `undefined` when it can be read
 */
export async function faultOf({ reading }: ObjectFiles, handle: FileHandle): Promise<S3Error | undefined> {
  if ("damage" in reading) return damaged(reading.damage);
  const { etag, metadata, storedSize } = reading.record;
  const keyless = etag === NO_ETAG && !isEncrypted(metadata) && await looksEncrypted(handle, storedSize);
  return keyless ? damaged("the file is encrypted, and its fs.json with the keys is missing") : undefined;
}

/** An object that cannot be read for what its files are. */
export function damaged(why: string): S3Error {
  return new S3Error("XMinioObjectTampered", {
    message: `The requested object was modified and may be compromised: ${why}.`,
  });
}
