import type { ObjectName } from "../crypto/kdf.ts";
import type { Kms } from "../kms/kms.ts";
import type { Metadata, ObjectAttributes, ObjectRecord, UploadRecord } from "../store/store.ts";
import type { Digests } from "./digests.ts";
import { type EncryptedBy, encryptionMetadata, readEncryption } from "./metadata.ts";
import { contextOf, openUnderKms, requireKms } from "./object-key.ts";
import { checkRecord, sealRecord } from "./record-seal.ts";
import { checkShape } from "./sizes.ts";

/**
 * What sealing a data key anew comes to: nothing, because there is none of the KMS (`none`, `sse-c`) or because that is
 * how it is sealed already (`current`); or what replaces the attributes of the object, or the metadata of the upload.
 */
export type Rewrap<Renewed> =
  | { readonly kind: "none" | "sse-c" | "current" }
  | ({ readonly kind: "renewed" } & Renewed);

/** What rewrapping takes. */
export interface RewrapParts {
  readonly kms: Kms | undefined;
  readonly digests: Digests;
}

/**
 * Seals the data key of an object under the current key of the KMS. The data key stays the same, and so do the object
 * key under it, the bytes and the ETag; what changes is the KMS's text and, with it, the proof of the record. A record
 * that was tampered with gets no new proof.
 * @throws S3Error InvalidArgument without a KMS; XMinioObjectTampered; what the KMS throws
 */
export async function rewrapObjectKey(
  record: ObjectRecord,
  { kms, digests }: RewrapParts,
): Promise<Rewrap<{ readonly attributes: ObjectAttributes }>> {
  const from = readEncryption(record.metadata);
  if (from.kind !== "sse-s3") return { kind: from.kind };
  checkShape(record, from);
  const to = await rewrapped(from, record, requireKms(kms));
  if (to === undefined) return { kind: "current" };
  const { size, etag, checksum } = record;
  const attributes = {
    size,
    etag,
    metadata: { ...record.metadata, ...encryptionMetadata(to) },
    ...(checksum === undefined ? {} : { checksum }),
  };
  if (!digests.sealsRecords) return { kind: "renewed", attributes };
  const rest = await digests.beside(record, () => openUnderKms(from, record, kms));
  checkRecord(rest, record);
  return { kind: "renewed", attributes: sealRecord(rest, record, attributes, record.parts) };
}

/** The same for an unfinished upload, whose parts are sealed under keys that its object key leads to. */
export async function rewrapUploadKey(
  upload: UploadRecord,
  { kms }: RewrapParts,
): Promise<Rewrap<{ readonly metadata: Metadata }>> {
  const from = readEncryption(upload.metadata);
  if (from.kind !== "sse-s3") return { kind: from.kind };
  const to = await rewrapped(from, upload, requireKms(kms));
  if (to === undefined) return { kind: "current" };
  return { kind: "renewed", metadata: { ...upload.metadata, ...encryptionMetadata(to) } };
}

async function rewrapped(
  encryption: EncryptedBy<"sse-s3">,
  object: ObjectName,
  kms: Kms,
): Promise<EncryptedBy<"sse-s3"> | undefined> {
  const renewed = await kms.rewrapDataKey(encryption.keyId, encryption.sealedDataKey, contextOf(object));
  return renewed && { ...encryption, keyId: renewed.keyId, sealedDataKey: renewed.sealed };
}
