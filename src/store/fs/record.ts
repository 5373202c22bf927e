import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { decryptedSize } from "../../crypto/dare.ts";
import { CryptoError } from "../../crypto/errors.ts";
import type { Metadata, ObjectPart, ObjectRecord } from "../store.ts";
import { isEncrypted } from "./ciphertext.ts";
import { typeByExtension, UNKNOWN_TYPE } from "./content-type.ts";
import type { FileIdentity, FsJson, FsPart } from "./fs-json.ts";
import type { MetadataFile } from "./metadata-file.ts";

/** The ETag of a file that has none of its own. It looks like one of a multipart object, so nobody takes it for an MD5. */
export const NO_ETAG = "00000000000000000000000000000000-1";
/** The MD5 of nothing. */
const EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e";
const COMPRESSED = "X-Minio-Internal-compression";

/** An object as its two files tell it, or why it cannot be read. */
export type Reading = { readonly record: ObjectRecord } | { readonly damage: string };

/** Reads an object from its files. No metadata file: a file that someone put there by hand. */
export function readObject(
  bucket: string,
  key: string,
  identity: FileIdentity,
  file: Pick<MetadataFile, "bytes" | "content"> | undefined,
): Reading {
  const common = {
    bucket,
    key,
    revision: revisionOf(identity, file),
    lastModified: identity.modified,
    storedSize: identity.size,
  };
  const plain = { ...common, size: identity.size, etag: NO_ETAG, parts: [] };
  if (file === undefined) return { record: { ...plain, metadata: { "content-type": typeByExtension(key) } } };
  const { content } = file;
  if ("damage" in content) return { damage: `fs.json: ${content.damage}` };
  const metadata: Metadata = { "content-type": typeByExtension(key), ...content.metadata };
  if (metadata[COMPRESSED] !== undefined) return { damage: "it is compressed, which is not supported" };
  const sizes = sizesOf(content, identity.size);
  if (sizes === undefined) {
    // Someone wrote another file in the place of the object's own. For an encrypted one that is the end of it.
    return isEncrypted(metadata)
      ? { damage: "the file is not the one that its keys belong to: its size is wrong" }
      : { record: { ...plain, metadata } };
  }
  const { own } = content;
  return {
    record: {
      ...common,
      size: sizes.size,
      etag: content.etag ?? NO_ETAG,
      metadata,
      parts: sizes.parts,
      ...(own?.checksum === undefined ? {} : { checksum: own.checksum }),
      ...(own?.uploadId === undefined ? {} : { uploadId: own.uploadId }),
    },
  };
}

/** The record of an empty directory that stands for a key with a slash at its end. */
export function directoryRecord(bucket: string, key: string, modified: number, inode: string): ObjectRecord {
  return {
    bucket,
    key,
    revision: hash([modified, inode]),
    size: 0,
    storedSize: 0,
    etag: EMPTY_ETAG,
    lastModified: modified,
    metadata: { "content-type": UNKNOWN_TYPE },
    parts: [],
  };
}

/**
 * Plaintext sizes of an object: of its stored bytes, of its parts where it has some.
 * @returns `undefined` when no object of these bytes has them
 */
function sizesOf(
  { metadata, parts, own }: FsJson,
  storedSize: number,
): { readonly size: number; readonly parts: readonly ObjectPart[] } | undefined {
  if (own?.file !== undefined && own.file.size !== storedSize) return undefined;
  const encrypted = isEncrypted(metadata);
  try {
    if (parts.length === 0) return { size: plaintextSize(storedSize, encrypted), parts: [] };
    const checksums = own?.partChecksums ?? [];
    const sized = parts.map((part, i) => objectPart(part, encrypted, checksums[i] ?? undefined));
    const sum = (size: (part: ObjectPart) => number) => sized.reduce((total, part) => total + size(part), 0);
    return sum((part) => part.storedSize) === storedSize
      ? { size: sum((part) => part.size), parts: sized }
      : undefined;
  } catch (thrown) {
    if (thrown instanceof CryptoError) return undefined;
    throw thrown;
  }
}

function objectPart(part: FsPart, encrypted: boolean, checksum: string | undefined): ObjectPart {
  return {
    number: part.number,
    size: part.actualSize ?? plaintextSize(part.size, encrypted),
    storedSize: part.size,
    etag: part.etag,
    ...(checksum === undefined ? {} : { checksum }),
  };
}

/** Plaintext bytes of so many stored ones. @throws TamperedError when encrypted data cannot have that size */
export function plaintextSize(storedSize: number, encrypted: boolean): number {
  return encrypted ? decryptedSize(storedSize) : storedSize;
}

/** Metadata as fs.json is to keep it: it always names a content type. */
export function keptMetadata(metadata: Metadata): Metadata {
  return { "content-type": UNKNOWN_TYPE, ...metadata };
}

/**
 * Names one write of an object. Files that this program wrote carry a name of their own; of others only what the file
 * system knows tells one write from the next.
 */
function revisionOf(identity: FileIdentity, file: Parameters<typeof readObject>[3]): string {
  const content = file?.content;
  if (content !== undefined && !("damage" in content) && content.own !== undefined) return content.own.id;
  return hash([
    Buffer.from(file?.bytes ?? []).toString("base64"),
    identity.size,
    identity.modified,
    identity.inode,
  ]);
}

function hash(facts: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("base64url").slice(0, 32);
}
