import type { Aead } from "../crypto/aead.ts";
import type { Secret } from "../crypto/secret.ts";
import { tampered } from "../errors/tampered.ts";
import { SSE_HEADER } from "../http/sse-headers.ts";
import type { ObjectRecord } from "../store/store.ts";
import { type CustomerKey, customerKeyHeaders } from "./customer-key.ts";
import { decrypt } from "./decrypting.ts";
import type { DigestRest } from "./digest-rest.ts";
import { type Digests, objectKeyTexts, shownEtag } from "./digests.ts";
import { customerKeyMissing } from "./faults.ts";
import type { EncryptedBy } from "./metadata.ts";
import { openUnderCustomer } from "./object-key.ts";
import { checkAdopted, checkRecord, checkUnsealedRecord, isAdopted, isSealedRecord } from "./record-seal.ts";
import type { ObjectView } from "./sse.ts";

/** What an answer says of an object under the server's keys. */
export const KMS_HEADERS: Readonly<Record<string, string>> = { [SSE_HEADER]: "AES256" };

/** What a view is made with. */
export interface ViewParts {
  readonly aead: Aead;
  readonly digests: Pick<Digests, "sealsRecords" | "ofStore">;
}

/**
 * An SSE-S3 object. Its key is asked for only when bytes are read, so HEAD does without the KMS.
 * @param rest how its digests rest; `undefined` where there is no KMS, so that nothing of it can be opened
 * @param openKey opens the object key
 * @throws S3Error XMinioObjectTampered
 */
export function kmsView(
  record: ObjectRecord,
  rest: DigestRest | undefined,
  openKey: () => Promise<Secret>,
  { aead, digests }: ViewParts,
): ObjectView {
  if (digests.sealsRecords && rest !== undefined) checkRecord(rest, record);
  return {
    replyHeaders: KMS_HEADERS,
    etag: shownEtag(rest, record.etag, record),
    ...checksums(record, rest),
    read: (handle, start, length) => decrypt(aead, openKey, handle, start, length),
  };
}

/**
 * An SSE-C object.
 * @throws S3Error InvalidRequest without the key, AccessDenied with another; XMinioObjectTampered; InvalidArgument for
 * one that came from another store, without a KMS to open the key of this one
 */
export function customerView(
  record: ObjectRecord,
  encryption: EncryptedBy<"sse-c">,
  customer: CustomerKey | undefined,
  { aead, digests }: ViewParts,
): ObjectView {
  if (customer === undefined) throw customerKeyMissing();
  const objectKey = openUnderCustomer(encryption, record, customer);
  const rest = objectKeyTexts(objectKey);
  if (digests.sealsRecords) {
    if (isAdopted(record)) checkAdopted(digests.ofStore, record);
    // A client may complete an upload without its key.
    else if (encryption.multipart && !isSealedRecord(record)) checkUnsealedRecord(rest, record);
    else checkRecord(rest, record);
  }
  return {
    replyHeaders: customerKeyHeaders(customer),
    etag: shownEtag(undefined, record.etag, record),
    ...checksums(record, rest),
    read: (handle, start, length) => decrypt(aead, () => objectKey, handle, start, length),
  };
}

function checksums(
  record: ObjectRecord,
  rest: DigestRest | undefined,
): Pick<ObjectView, "checksum" | "openChecksum"> {
  return {
    checksum: record.checksum && rest?.open("checksum", record.checksum.value, record),
    openChecksum(stored) {
      const value = rest?.open("checksum", stored, record);
      if (value !== undefined) return value;
      throw tampered("a sealed checksum does not open");
    },
  };
}
