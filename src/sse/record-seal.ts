import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { ObjectName } from "../crypto/kdf.ts";
import { tampered } from "../errors/tampered.ts";
import { multipartEtag } from "../store/multipart-etag.ts";
import type { Metadata, ObjectAttributes, ObjectPart, ObjectRecord, UploadRecord } from "../store/store.ts";
import type { DigestRest, ProofKind } from "./digest-rest.ts";
import { kmsMissing } from "./faults.ts";
import { ADOPTION_SEAL, clientMetadata, RECORD_SEAL, UPLOAD_SEAL } from "./metadata.ts";

/**
 * The proof that a record is as it was written, made of all that it says. The packages of a DARE stream
 * prove themselves; that no part is missing or in another's place, that sizes are right, and that a content type is
 * the writer's, is proven here.
 */
export function sealRecord(
  rest: DigestRest,
  object: ObjectName,
  attributes: ObjectAttributes,
  parts: readonly ObjectPart[],
): ObjectAttributes {
  const seal = prove(rest, "record", saidOfRecord(attributes, parts), object);
  return { ...attributes, metadata: { ...attributes.metadata, [RECORD_SEAL]: seal } };
}

/** @throws S3Error XMinioObjectTampered unless the record is the one that was sealed */
export function checkRecord(rest: DigestRest, record: ObjectRecord): void {
  const proof = rest.prove("record", saidOfRecord(record, record.parts), record);
  if (isEqual(record.metadata[RECORD_SEAL], proof)) return;
  throw tampered("the record is not the one that was sealed");
}

/** Whether a record carries a proof, right or wrong. */
export function isSealedRecord({ metadata }: ObjectRecord): boolean {
  return RECORD_SEAL in metadata;
}

/**
 * The proof of an SSE-C record that comes from another store, whose customer's key is not at hand: made by the store
 * that takes it, of what it found. It holds until the customer's key seals the record.
 * @param store what seals under the key of the store
 */
export function sealAdopted(
  store: DigestRest,
  object: ObjectName,
  attributes: ObjectAttributes,
  parts: readonly ObjectPart[],
): ObjectAttributes {
  const seal = prove(store, "adopted", saidOfRecord(attributes, parts), object);
  return { ...attributes, metadata: { ...attributes.metadata, [ADOPTION_SEAL]: seal } };
}

/** Whether a record came from another store, and carries the proof of this one. */
export function isAdopted({ metadata }: ObjectRecord): boolean {
  return ADOPTION_SEAL in metadata;
}

/**
 * @param store `undefined` where there is no KMS to open the key of the store
 * @throws S3Error InvalidArgument without it; XMinioObjectTampered unless the record is the one that was taken over
 */
export function checkAdopted(store: DigestRest | undefined, record: ObjectRecord): void {
  if (store === undefined) throw kmsMissing();
  const proof = store.prove("adopted", saidOfRecord(record, record.parts), record);
  if (isEqual(record.metadata[ADOPTION_SEAL], proof)) return;
  throw tampered("the record is not the one that was taken over");
}

/**
 * The metadata of a new upload with the proof that it is what the client gave. How the parts are encrypted needs none: a
 * key that is sealed in another way does not open.
 */
export function sealUpload(rest: DigestRest, object: ObjectName, metadata: Metadata): Metadata {
  return { ...metadata, [UPLOAD_SEAL]: prove(rest, "upload", saidOfUpload(metadata), object) };
}

/** @throws S3Error XMinioObjectTampered unless the upload, or the object made of it, is as it was begun */
export function checkUpload(rest: DigestRest, upload: UploadRecord | ObjectRecord): void {
  const proof = rest.prove("upload", saidOfUpload(upload.metadata), upload);
  if (isEqual(upload.metadata[UPLOAD_SEAL], proof)) return;
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

function prove(rest: DigestRest, kind: ProofKind, said: string, object: ObjectName): string {
  const proof = rest.prove(kind, said, object);
  if (proof === undefined) throw new Error("nothing can be sealed without its key");
  return proof;
}

function isEqual(kept: string | undefined, proof: string | undefined): boolean {
  if (kept === undefined || proof === undefined) return false;
  const [one, other] = [Buffer.from(kept), Buffer.from(proof)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Equal for what says the same alone, as all that follows: JSON keeps apart where one value ends and the next begins. */
function saidOfUpload(metadata: Metadata): string {
  return JSON.stringify(pairs(clientMetadata(metadata)));
}

function saidOfRecord(
  { size, etag, metadata, checksum }: ObjectAttributes,
  parts: readonly ObjectPart[],
): string {
  const { [RECORD_SEAL]: _own, [ADOPTION_SEAL]: _store, ...sealed } = metadata;
  return JSON.stringify([
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
