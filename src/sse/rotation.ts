import type { Kms } from "../kms/kms.ts";
import type { ObjectAttributes, ObjectRecord } from "../store/store.ts";
import { type CustomerKey, customerKeyHeaders } from "./customer-key.ts";
import type { DigestRest } from "./digest-rest.ts";
import { type Digests, objectKeyTexts } from "./digests.ts";
import { KMS_HEADERS } from "./encrypted-view.ts";
import { customerKeyMissing, customerKeyNotApplicable } from "./faults.ts";
import type { Intent } from "./intent.ts";
import { encryptionMetadata, keptOfUpload, readEncryption } from "./metadata.ts";
import {
  type KeptKey,
  openUnderCustomer,
  openUnderKms,
  requireKms,
  sealUnderCustomer,
  sealUnderKms,
} from "./object-key.ts";
import { PLAIN_ROTATION } from "./plain.ts";
import { sealRecord } from "./record-seal.ts";
import { checkShape } from "./sizes.ts";
import type { Rotation } from "./sse.ts";

/** What an object that is copied onto itself comes with. */
export interface RotationRequest {
  /** The customer's key of the source. */
  readonly source: CustomerKey | undefined;
  /** What the copy is to be. */
  readonly to: Intent;
  readonly kms: Kms | undefined;
  readonly digests: Digests;
}

/**
 * Seals the object key anew, so that the bytes under it can stay (minio-formats section 7).
 * @returns `undefined` where the kind of encryption changes, and with it the bytes
 * @throws S3Error InvalidRequest, AccessDenied, InvalidArgument, XMinioObjectTampered; what the KMS throws
 */
export async function rotateKeys(
  record: ObjectRecord,
  { source, to, kms, digests }: RotationRequest,
): Promise<Rotation | undefined> {
  const from = readEncryption(record.metadata);
  if (from.kind === "none" && to.kind === "none") return PLAIN_ROTATION;
  if (from.kind === "sse-c" && to.kind === "sse-c") {
    if (source === undefined) throw customerKeyMissing();
    checkShape(record, from);
    const objectKey = openUnderCustomer(from, record, source);
    const kept = sealUnderCustomer(objectKey, to.customer.key, from.key.iv, record, from.multipart);
    return rotation(record, kept, customerKeyHeaders(to.customer), digests, objectKeyTexts(objectKey));
  }
  if (from.kind === "sse-s3" && to.kind === "sse-s3") {
    if (source !== undefined) throw customerKeyNotApplicable();
    checkShape(record, from);
    const objectKey = await openUnderKms(from, record, kms);
    const kept = await sealUnderKms(objectKey, record, requireKms(kms), from.multipart);
    return rotation(record, kept, KMS_HEADERS, digests, await digests.beside(record, async () => objectKey));
  }
  return undefined;
}

function rotation(
  record: ObjectRecord,
  { encryption }: KeptKey,
  replyHeaders: Readonly<Record<string, string>>,
  { sealsRecords }: Digests,
  rest: DigestRest,
): Rotation {
  return {
    replyHeaders,
    metadata: { ...keptOfUpload(record.metadata), ...encryptionMetadata(encryption) },
    changes: true,
    sealRecord: (attributes: ObjectAttributes) =>
      sealsRecords ? sealRecord(rest, record, attributes, record.parts) : attributes,
  };
}
