import type { Aead } from "../crypto/aead.ts";
import type { Kms } from "../kms/kms.ts";
import type { ObjectAttributes, ObjectHandle, ObjectPart, ObjectRecord } from "../store/store.ts";
import type { DigestRest } from "./digest-rest.ts";
import { type Digests, shownEtag } from "./digests.ts";
import { kmsMissing } from "./faults.ts";
import { type EncryptedBy, readEncryption } from "./metadata.ts";
import { sealAdopted, sealRecord } from "./record-seal.ts";
import { checkShape } from "./sizes.ts";
import { requireObjectKey, verifyPackages, verifyPlain, verifyTags } from "./verify.ts";

/** What an object is taken over with. */
export interface AdoptionParts {
  readonly kms: Kms | undefined;
  readonly aead: Aead;
  /** How the store keeps digests that the object comes from. */
  readonly from: Digests;
  /** How the store does that takes it; its own key is what proves objects under customers' keys. */
  readonly to: Digests;
}

/** An object as another store is to keep it. Its bytes stay as they are. */
export interface Adopted {
  readonly attributes: ObjectAttributes;
  readonly parts: readonly ObjectPart[];
}

/**
 * Reads a whole object through all that proves it, as `verifyObject` does, and tells how another store keeps it under
 * the same bucket and key. Bytes and sealed keys stay; what rests beside them is sealed in the way of that store.
 * @param passed hears of bytes that were read
 * @throws S3Error InvalidArgument for an SSE-C object without a KMS; all that `verifyObject` throws
 */
export async function adoptObject(
  handle: ObjectHandle,
  { kms, aead, from, to }: AdoptionParts,
  passed: (bytes: number) => void,
): Promise<Adopted> {
  const { record } = handle;
  const encryption = readEncryption(record.metadata);
  if (encryption.kind === "none") {
    await verifyPlain(handle, passed);
    return { attributes: attributesOf(record), parts: record.parts };
  }
  checkShape(record, encryption);
  if (encryption.kind === "sse-c") {
    await verifyPackages(handle, passed);
    if (to.ofStore === undefined) throw kmsMissing();
    const attributes = sealAdopted(to.ofStore, record, attributesOf(record), record.parts);
    return { attributes, parts: record.parts };
  }
  return await adoptUnderKms(handle, encryption, { kms, aead, from, to }, passed);
}

async function adoptUnderKms(
  handle: ObjectHandle,
  encryption: EncryptedBy<"sse-s3">,
  { kms, aead, from, to }: AdoptionParts,
  passed: (bytes: number) => void,
): Promise<Adopted> {
  const { record } = handle;
  const objectKey = await requireObjectKey(encryption, record, kms);
  await verifyTags(handle, { aead, objectKey }, passed);
  const openKey = async () => objectKey;
  const [was, rest] = [await from.beside(record, openKey), await to.beside(record, openKey)];
  const etag = (stored: string) => rest.seal("etag", shownEtag(was, stored, record), record);
  const parts = record.parts.map(({ checksum, ...part }) => ({
    ...part,
    etag: etag(part.etag),
    ...checksumUnder(was, rest, checksum, record),
  }));
  const { size, metadata, checksum } = record;
  const sealed = checksumUnder(was, rest, checksum?.value, record).checksum;
  const attributes = {
    size,
    etag: etag(record.etag),
    metadata,
    ...(checksum === undefined || sealed === undefined ? {} : { checksum: { ...checksum, value: sealed } }),
  };
  return { attributes: sealRecord(rest, record, attributes, parts), parts };
}

/** A checksum sealed anew. One that does not open says nothing to anyone, and is left away. */
function checksumUnder(
  was: DigestRest,
  rest: DigestRest,
  stored: string | undefined,
  object: ObjectRecord,
): { readonly checksum?: string } {
  const opened = stored === undefined ? undefined : was.open("checksum", stored, object);
  return opened === undefined ? {} : { checksum: rest.seal("checksum", opened, object) };
}

function attributesOf({ size, etag, metadata, checksum }: ObjectRecord): ObjectAttributes {
  return { size, etag, metadata, ...(checksum === undefined ? {} : { checksum }) };
}
