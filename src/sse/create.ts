import type { Aead } from "../crypto/aead.ts";
import { type ObjectName, partKey } from "../crypto/kdf.ts";
import type { Secret } from "../crypto/secret.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { Kms } from "../kms/kms.ts";
import type { ObjectRecord, UploadRecord } from "../store/store.ts";
import { type CustomerKey, customerKey, customerKeyHeaders } from "./customer-key.ts";
import { customerDigests, type Digests, type DigestsOfWrite, objectKeyTexts } from "./digests.ts";
import { customerView, KMS_HEADERS, kmsView } from "./encrypted-view.ts";
import { backendEncryption, type DoubleSse, NO_DOUBLE } from "./double.ts";
import { encryptingSealing } from "./encrypting.ts";
import { customerKeyNotApplicable, notSupportedHere, partKeyMissing, partKeyWrong } from "./faults.ts";
import { type Intent, readIntent, writeIntent } from "./intent.ts";
import { type Encrypted, type EncryptedBy, encryptionMetadata, readEncryption } from "./metadata.ts";
import { newKey, openUnderCustomer, openUnderKms, requireKms } from "./object-key.ts";
import { encryptedPartEtags } from "./part-etags.ts";
import { checkPlainUpload, ENCRYPTED_UPLOAD, PLAIN_PARTS, PLAIN_SEALING, plainView } from "./plain.ts";
import { checkUpload, sealUpload } from "./record-seal.ts";
import { rewrapObjectKey, rewrapUploadKey } from "./rewrap.ts";
import { rotateKeys } from "./rotation.ts";
import { checkShape } from "./sizes.ts";
import { verifyObject } from "./verify.ts";
import type { ObjectView, Sse, SseRequest } from "./sse.ts";

/** What encryption is made of. */
export interface SseParts {
  /** `undefined` where none is configured: then only customers' keys encrypt. */
  readonly kms: Kms | undefined;
  readonly aead: Aead;
  /** How the store keeps the digests of SSE-S3 objects. */
  readonly digests: Digests;
  /** For which kinds another server behind the store is asked to encrypt as well; none where there is no such server. */
  readonly double?: DoubleSse | undefined;
  /** Whether a bucket wants SSE-S3 for writes that ask for nothing, by its own configuration or the server's. */
  readonly encryptsByDefault: (bucket: string) => Promise<boolean>;
}

/** The encryption of the server: SSE-S3 and SSE-C as MinIO seals them. */
export function createSse(parts: SseParts): Sse {
  const { kms, aead, digests } = parts;
  const { sealsRecords } = digests;
  const double = parts.double ?? NO_DOUBLE;

  async function intentOf({ headers, secure, bucket }: SseRequest): Promise<Intent> {
    const intent = writeIntent(headers, secure);
    return intent.kind === "none" && await parts.encryptsByDefault(bucket) ? { kind: "sse-s3" } : intent;
  }

  function digestsOf({ kind }: Encrypted, object: ObjectName, objectKey: Secret): DigestsOfWrite {
    return kind === "sse-c" ? customerDigests(objectKey) : digests.ofWrite(object, objectKey);
  }

  /** The object key of an upload, and what the answer says of its encryption. */
  async function uploadKey(
    encryption: Encrypted,
    upload: UploadRecord,
    intent: Intent,
  ): Promise<{ readonly objectKey: Secret; readonly replyHeaders: Readonly<Record<string, string>> }> {
    if (encryption.kind === "sse-s3") {
      if (intent.kind === "sse-c") throw customerKeyNotApplicable();
      return { objectKey: await openUnderKms(encryption, upload, kms), replyHeaders: KMS_HEADERS };
    }
    if (intent.kind !== "sse-c") throw partKeyMissing();
    const { customer } = intent;
    return {
      objectKey: openUploadKey(encryption, upload, customer),
      replyHeaders: customerKeyHeaders(customer),
    };
  }

  async function view(record: ObjectRecord, customer: CustomerKey | undefined): Promise<ObjectView> {
    const encryption = readEncryption(record.metadata);
    if (encryption.kind !== "sse-c" && customer !== undefined) throw customerKeyNotApplicable();
    if (encryption.kind === "none") return plainView(record);
    checkShape(record, encryption);
    if (encryption.kind === "sse-c") {
      return customerView(record, encryption, customer, { aead, digests });
    }
    const openKey = once(() => openUnderKms(encryption, record, kms));
    const rest = kms === undefined ? undefined : await digests.ofRecord(record, openKey);
    return kmsView(record, rest, openKey, { aead, digests });
  }

  return {
    requireKms: () => requireKms(kms),
    requireDefault: () => void requireKms(kms),

    forRead(request, place) {
      if (!double.c) return undefined;
      const customer = customerKey(request.headers, request.secure, place);
      return customer && backendEncryption(double, { kind: "sse-c", customer }, request);
    },

    async forWrite(request) {
      const intent = await intentOf(request);
      if (intent.kind === "none") return PLAIN_SEALING;
      const { objectKey, encryption } = await newKey(intent, request, kms, false);
      return encryptingSealing({
        backend: backendEncryption(double, intent, request),
        aead,
        object: request,
        streamKey: objectKey,
        digests: digestsOf(encryption, request, objectKey),
        metadata: encryptionMetadata(encryption),
        replyHeaders: replyHeadersOf(intent),
        sealsRecord: sealsRecords,
      });
    },

    async forNewUpload(request, given) {
      const intent = await intentOf(request);
      const replyHeaders = replyHeadersOf(intent);
      if (intent.kind === "none") return { metadata: given, replyHeaders };
      const { objectKey, encryption } = await newKey(intent, request, kms, true);
      const metadata = { ...given, ...encryptionMetadata(encryption) };
      const backend = backendEncryption(double, intent, request);
      const asked = { idMark: ENCRYPTED_UPLOAD, replyHeaders, ...(backend === undefined ? {} : { backend }) };
      if (!sealsRecords) return { ...asked, metadata };
      const { rest } = digestsOf(encryption, request, objectKey);
      return { ...asked, metadata: sealUpload(rest, request, metadata) };
    },

    async forPart({ headers, secure }, upload, partNumber) {
      const intent = writeIntent(headers, secure);
      const encryption = readEncryption(upload.metadata);
      if (encryption.kind === "none") {
        checkPlainUpload(upload);
        if (intent.kind === "sse-c") throw customerKeyNotApplicable();
        if (intent.kind === "sse-s3") throw notSupportedHere();
        return PLAIN_SEALING;
      }
      const { objectKey, replyHeaders } = await uploadKey(encryption, upload, intent);
      const digests = digestsOf(encryption, upload, objectKey);
      if (sealsRecords) checkUpload(digests.rest, upload);
      return encryptingSealing({
        backend: backendEncryption(double, intent, upload),
        aead,
        object: upload,
        streamKey: partKey(objectKey, partNumber),
        digests,
        metadata: {},
        replyHeaders,
        sealsRecord: false,
      });
    },

    async forUpload({ headers, secure }, upload) {
      const encryption = readEncryption(upload.metadata);
      const customer = customerKey(headers, secure);
      if (encryption.kind === "none") checkPlainUpload(upload);
      if (encryption.kind !== "sse-c" && customer !== undefined) throw customerKeyNotApplicable();
      if (encryption.kind === "none") return PLAIN_PARTS;
      if (encryption.kind === "sse-s3") {
        requireKms(kms);
        const rest = await digests.beside(upload, once(() => openUnderKms(encryption, upload, kms)));
        if (sealsRecords) checkUpload(rest, upload);
        return encryptedPartEtags(upload, { replyHeaders: KMS_HEADERS, etags: rest, rest, sealsRecords });
      }
      const rest = customer && objectKeyTexts(openUploadKey(encryption, upload, customer));
      if (sealsRecords && rest !== undefined) checkUpload(rest, upload);
      const replyHeaders = customer === undefined ? {} : customerKeyHeaders(customer);
      return encryptedPartEtags(upload, { replyHeaders, etags: undefined, rest, sealsRecords });
    },

    view: (request, record) => view(record, readIntent(request.headers, request.secure)),
    viewCopySource: (request, record) =>
      view(record, customerKey(request.headers, request.secure, "copy-source")),

    async rotate(request, record) {
      const to = await intentOf(request);
      // The backend has the bytes under a key that the customer's leads to, so they have to move.
      if (double.c && to.kind === "sse-c") return undefined;
      const source = customerKey(request.headers, request.secure, "copy-source");
      return await rotateKeys(record, { source, to, kms, digests });
    },

    rewrap: (record) => rewrapObjectKey(record, { kms, digests }),
    verify: (handle, passed) => verifyObject(handle, { kms, aead, digests }, passed),
    rewrapUpload: (upload) => rewrapUploadKey(upload, { kms, digests }),

    listedEtags: (objects, bucket) => digests.listedEtags(objects, bucket),
  };
}

function replyHeadersOf(intent: Intent): Readonly<Record<string, string>> {
  if (intent.kind === "sse-c") return customerKeyHeaders(intent.customer);
  return intent.kind === "sse-s3" ? KMS_HEADERS : {};
}

/** @throws S3Error InvalidRequest when it is not the customer's key */
function openUploadKey(
  encryption: EncryptedBy<"sse-c">,
  upload: UploadRecord,
  customer: CustomerKey,
): Secret {
  try {
    return openUnderCustomer(encryption, upload, customer);
  } catch (thrown) {
    if (thrown instanceof S3Error && thrown.code === "AccessDenied") throw partKeyWrong(thrown);
    throw thrown;
  }
}

/** A question that is asked at most once, however often its answer is wanted. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => answer ??= ask();
}
