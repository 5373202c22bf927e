import type { Aead } from "../crypto/aead.ts";
import type { Secret } from "../crypto/secret.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { ObjectRecord } from "../store/store.ts";
import { type CustomerKey, customerKeyHeaders } from "./customer-key.ts";
import { decrypt } from "./decrypting.ts";
import type { DigestRest } from "./digest-rest.ts";
import { customerRest, shownEtag } from "./encrypted-digests.ts";
import { type Encrypted, openUnderCustomer } from "./object-key.ts";
import type { ObjectView } from "./sse.ts";

/** What an answer says of an object under the server's keys. */
export const KMS_HEADERS: Readonly<Record<string, string>> = { "x-amz-server-side-encryption": "AES256" };

/** What a view is made with. */
export interface ViewParts {
  readonly aead: Aead;
  readonly rest: DigestRest;
}

/**
 * An SSE-S3 object. The KMS is asked only when bytes are read, so HEAD does without it.
 * @param openKey opens the object key
 */
export function kmsView(
  record: ObjectRecord,
  encryption: Encrypted,
  openKey: () => Promise<Secret>,
  { aead, rest }: ViewParts,
): ObjectView {
  const openChecksum = (stored: string) => opened(rest.open(stored, record));
  return {
    replyHeaders: KMS_HEADERS,
    etag: shownEtag(rest, record.etag, record),
    checksum: record.checksum && rest.open(record.checksum.value, record),
    openChecksum,
    async *read(handle, start, length) {
      const objectKey = await openKey();
      yield* decrypt(aead, objectKey, handle, encryption.multipart, start, length);
    },
  };
}

/** An SSE-C object. @throws S3Error InvalidRequest without the key, AccessDenied with another */
export function customerView(
  record: ObjectRecord,
  encryption: Extract<Encrypted, { kind: "sse-c" }>,
  customer: CustomerKey | undefined,
  { aead, rest }: ViewParts,
): ObjectView {
  if (customer === undefined) throw customerKeyMissing();
  const objectKey = openUnderCustomer(encryption, record, customer);
  const checksums = customerRest(objectKey);
  return {
    replyHeaders: customerKeyHeaders(customer),
    etag: shownEtag(rest, record.etag, record),
    checksum: record.checksum && checksums.open(record.checksum.value, record),
    openChecksum: (stored) => opened(checksums.open(stored, record)),
    read: (handle, start, length) => decrypt(aead, objectKey, handle, encryption.multipart, start, length),
  };
}

/** An SSE-C object whose key did not come along. */
export function customerKeyMissing(): S3Error {
  return new S3Error("InvalidRequest", {
    message:
      "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
  });
}

/** Customer keys for an object that has none. */
export function customerKeyNotApplicable(): S3Error {
  return new S3Error("InvalidRequest", {
    message: "The encryption parameters are not applicable to this object.",
  });
}

function opened(text: string | undefined): string {
  if (text === undefined) {
    throw new S3Error("XMinioObjectTampered", { cause: new Error("a sealed checksum does not open") });
  }
  return text;
}
