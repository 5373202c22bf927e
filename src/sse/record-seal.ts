import { createHash } from "node:crypto";
import type { ObjectName } from "../crypto/kdf.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { Metadata, ObjectAttributes, ObjectPart, ObjectRecord, UploadRecord } from "../store/store.ts";
import type { DigestRest } from "./digest-rest.ts";
import { clientMetadata, RECORD_SEAL, UPLOAD_SEAL } from "./metadata.ts";
import { multipartEtag } from "./plain.ts";

/**
 * The proof that a record is as it was written: a digest of all that it says, sealed. The packages of a DARE stream
 * prove themselves; that no part is missing or in another's place, that sizes are right, and that a content type is
 * the writer's, is proven here.
 */
export function sealRecord(
  rest: DigestRest,
  object: ObjectName,
  attributes: ObjectAttributes,
  parts: readonly ObjectPart[],
): ObjectAttributes {
  const sealed = rest.seal("record", recordDigest(attributes, parts), object);
  return { ...attributes, metadata: { ...attributes.metadata, [RECORD_SEAL]: sealed } };
}

/** @throws S3Error XMinioObjectTampered unless the record is the one that was sealed */
export function checkRecord(rest: DigestRest, record: ObjectRecord): void {
  const proof = rest.open("record", record.metadata[RECORD_SEAL] ?? "", record);
  if (proof === recordDigest(record, record.parts)) return;
  throw tampered("the record is not the one that was sealed");
}

/** Whether a record carries a proof, right or wrong. */
export function isSealedRecord({ metadata }: ObjectRecord): boolean {
  return RECORD_SEAL in metadata;
}

/**
 * The metadata of a new upload with the proof that it is what the client gave. How the parts are encrypted needs none: a
 * key that is sealed in another way does not open.
 */
export function sealUpload(rest: DigestRest, object: ObjectName, metadata: Metadata): Metadata {
  return { ...metadata, [UPLOAD_SEAL]: rest.seal("upload", uploadDigest(metadata), object) };
}

/** @throws S3Error XMinioObjectTampered unless the upload, or the object made of it, is as it was begun */
export function checkUpload(rest: DigestRest, upload: UploadRecord | ObjectRecord): void {
  const proof = rest.open("upload", upload.metadata[UPLOAD_SEAL] ?? "", upload);
  if (proof === uploadDigest(upload.metadata)) return;
  throw tampered("the upload is not the one that was begun");
}

/**
 * The proof of a multipart SSE-C object that was completed without its key, when its record could not be sealed: what
 * the upload was begun with is sealed, and the ETag is made of those of its parts, so that a part that is missing or
 * another one shows in it. Whoever forges the ETag as well has changed what the client knows the object by.
 * @throws S3Error XMinioObjectTampered
 */
export function checkUnsealedRecord(rest: DigestRest, record: ObjectRecord): void {
  checkUpload(rest, record);
  checkMultipartEtag(record);
}

/** @throws S3Error XMinioObjectTampered unless the ETag is made of those of the parts */
export function checkMultipartEtag(record: ObjectRecord): void {
  if (record.etag !== multipartEtag(record.parts.map((part) => part.etag))) {
    throw tampered("the ETag is not that of the parts");
  }
}

function tampered(cause: string): S3Error {
  return new S3Error("XMinioObjectTampered", { cause: new Error(cause) });
}

function uploadDigest(metadata: Metadata): string {
  return digest(pairs(clientMetadata(metadata)));
}

function recordDigest(
  { size, etag, metadata, checksum }: ObjectAttributes,
  parts: readonly ObjectPart[],
): string {
  const { [RECORD_SEAL]: _, ...sealed } = metadata;
  return digest([
    size,
    etag,
    pairs(sealed),
    checksum === undefined ? null : [checksum.algorithm, checksum.type, checksum.value],
    parts.map((part) => [part.number, part.size, part.etag, part.checksum ?? null]),
  ]);
}

/** Metadata in one order. */
function pairs(metadata: Metadata): readonly (readonly [string, string])[] {
  return Object.entries(metadata).sort(([a], [b]) => a < b ? -1 : 1);
}

/** Equal for what says the same alone: JSON keeps apart where one value ends and the next begins. */
function digest(said: unknown): string {
  return createHash("sha256").update(JSON.stringify(said)).digest("base64");
}
