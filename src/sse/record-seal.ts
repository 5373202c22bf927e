import { createHash } from "node:crypto";
import type { ObjectName } from "../crypto/kdf.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { ObjectAttributes, ObjectPart, ObjectRecord } from "../store/store.ts";
import type { DigestRest } from "./digest-rest.ts";
import { RECORD_SEAL } from "./metadata.ts";
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
 * The only proof of a multipart SSE-C object that was completed without its key, when nothing could be sealed: the ETag
 * is made of those of its parts, so that a part that is missing or another one shows in it. Whoever forges the ETag as
 * well has changed what the client knows the object by.
 * @throws S3Error XMinioObjectTampered
 */
export function checkMultipartEtag({ etag, parts }: ObjectRecord): void {
  if (etag !== multipartEtag(parts.map((part) => part.etag))) {
    throw tampered("the ETag is not that of the parts");
  }
}

function tampered(cause: string): S3Error {
  return new S3Error("XMinioObjectTampered", { cause: new Error(cause) });
}

/** Equal for equal records alone: JSON keeps apart where one value ends and the next begins. */
function recordDigest(
  { size, etag, metadata, checksum }: ObjectAttributes,
  parts: readonly ObjectPart[],
): string {
  const names = Object.keys(metadata).filter((name) => name !== RECORD_SEAL).sort();
  const said = JSON.stringify([
    size,
    etag,
    names.map((name) => [name, metadata[name]]),
    checksum === undefined ? null : [checksum.algorithm, checksum.type, checksum.value],
    parts.map((part) => [part.number, part.size, part.etag, part.checksum ?? null]),
  ]);
  return createHash("sha256").update(said).digest("base64");
}
