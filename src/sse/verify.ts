import { createHash } from "node:crypto";
import type { Aead } from "../crypto/aead.ts";
import { checkDare } from "../crypto/dare-reader.ts";
import { partSpans } from "../crypto/dare-span.ts";
import type { Secret } from "../crypto/secret.ts";
import { S3Error } from "../errors/s3-error.ts";
import { tampered } from "../errors/tampered.ts";
import type { Kms } from "../kms/kms.ts";
import type { ObjectHandle, ObjectRecord } from "../store/store.ts";
import { decrypt } from "./decrypting.ts";
import type { Digests } from "./digests.ts";
import { type Encrypted, type EncryptedBy, readEncryption } from "./metadata.ts";
import { cryptoFault, openUnderKms } from "./object-key.ts";
import { plainView } from "./plain.ts";
import { checkAdopted, checkMultipartEtag, checkRecord, isAdopted, isSealedRecord } from "./record-seal.ts";
import { checkShape } from "./sizes.ts";

/** What verifying takes. */
export interface VerifyParts {
  readonly kms: Kms | undefined;
  readonly aead: Aead;
  readonly digests: Digests;
}

/** The data key of an object that the KMS does not open, or that there is no KMS for: nothing can be told of its bytes. */
export class ClosedObjectError extends Error {}

/**
 * Reads a whole object through all that proves it: under SSE-S3 the tag of every package and the seal of the record; of
 * a plain object its MD5, where it has one. Under SSE-C, whose keys are not here, the sizes and that every package is
 * there and in its place; not what is in them.
 * @param passed hears of bytes that were read
 * @throws S3Error XMinioObjectTampered; ServiceUnavailable while the KMS is away; ClosedObjectError; what reading throws
 */
export async function verifyObject(
  handle: ObjectHandle,
  { kms, aead, digests }: VerifyParts,
  passed: (bytes: number) => void,
): Promise<void> {
  const { record } = handle;
  const encryption = readEncryption(record.metadata);
  if (encryption.kind === "none") return await verifyPlain(handle, passed);
  checkShape(record, encryption);
  if (encryption.kind === "sse-c") {
    if (digests.sealsRecords) checkCustomerRecord(record, encryption, digests);
    return await verifyPackages(handle, passed);
  }
  const objectKey = await requireObjectKey(encryption, record, kms);
  if (digests.sealsRecords) checkRecord(await digests.beside(record, async () => objectKey), record);
  await verifyTags(handle, { aead, objectKey }, passed);
}

/** Every package through its tag. @throws S3Error XMinioObjectTampered; what reading throws */
export async function verifyTags(
  handle: ObjectHandle,
  { aead, objectKey }: { readonly aead: Aead; readonly objectKey: Secret },
  passed: (bytes: number) => void,
): Promise<void> {
  const plaintext = decrypt(aead, () => objectKey, handle, 0, handle.record.size);
  for await (const chunk of plaintext) passed(chunk.length);
}

/** What proves a record without the customer's key. */
function checkCustomerRecord(record: ObjectRecord, { multipart }: Encrypted, { ofStore }: Digests): void {
  if (isAdopted(record)) {
    if (ofStore === undefined) throw new ClosedObjectError("no KMS is configured");
    checkAdopted(ofStore, record);
  } else if (multipart && !isSealedRecord(record)) checkMultipartEtag(record);
}

/** The object key. @throws ClosedObjectError where the KMS does not open it, or there is none; XMinioObjectTampered */
export async function requireObjectKey(
  encryption: EncryptedBy<"sse-s3">,
  record: ObjectRecord,
  kms: Kms | undefined,
): Promise<Secret> {
  if (kms === undefined) throw new ClosedObjectError("no KMS is configured");
  try {
    return await openUnderKms(encryption, record, kms);
  } catch (thrown) {
    const isItsOwn = thrown instanceof S3Error &&
      (thrown.code === "XMinioObjectTampered" || thrown.code === "ServiceUnavailable");
    if (isItsOwn || !(thrown instanceof S3Error)) throw thrown;
    const { cause, message } = thrown;
    throw new ClosedObjectError(cause instanceof Error ? cause.message : message, { cause: thrown });
  }
}

/** That every package is there and in its place. @throws S3Error XMinioObjectTampered; what reading throws */
export async function verifyPackages(handle: ObjectHandle, passed: (bytes: number) => void): Promise<void> {
  const { parts, size } = handle.record;
  const sizes = parts.length === 0 ? [size] : parts.map((part) => part.size);
  try {
    for (const span of partSpans(sizes, 0, size)) {
      await checkDare(handle.read(span.storedOffset, span.storedLength), span);
      passed(span.take);
    }
  } catch (thrown) {
    throw cryptoFault(thrown);
  }
}

/**
 * The MD5 of the whole, or of each part. What is not an MD5, such as the ETag of a file that was put there by hand, proves
 * nothing.
 * @throws S3Error XMinioObjectTampered; what reading throws
 */
export async function verifyPlain(handle: ObjectHandle, passed: (bytes: number) => void): Promise<void> {
  const { record } = handle;
  plainView(record);
  const pieces = record.parts.length === 0 ? [record] : record.parts;
  let start = 0;
  for (const { etag, storedSize } of pieces) {
    const hash = createHash("md5");
    for await (const chunk of handle.read(start, storedSize)) {
      hash.update(chunk);
      passed(chunk.length);
    }
    start += storedSize;
    if (/^[0-9a-f]{32}$/.test(etag) && hash.digest("hex") !== etag) {
      throw tampered("the content is not that of the ETag");
    }
  }
}
