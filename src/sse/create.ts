import type { Aead } from "../crypto/aead.ts";
import { partKey } from "../crypto/kdf.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { Kms } from "../kms/kms.ts";
import type { ObjectRecord } from "../store/store.ts";
import { customerKey, customerKeyHeaders } from "./customer-key.ts";
import { checkSizes } from "./decrypting.ts";
import type { DigestRest } from "./digest-rest.ts";
import { customerDigests, customerRest, kmsDigests, shownEtag } from "./encrypted-digests.ts";
import {
  customerKeyMissing,
  customerKeyNotApplicable,
  customerView,
  KMS_HEADERS,
  kmsView,
} from "./encrypted-view.ts";
import { encryptingSealing } from "./encrypting.ts";
import { type Intent, readIntent, writeIntent } from "./intent.ts";
import { encryptionMetadata, readEncryption } from "./metadata.ts";
import {
  newKey,
  openUnderCustomer,
  openUnderKms,
  requireKms,
  sealUnderCustomer,
  sealUnderKms,
} from "./object-key.ts";
import { PLAIN_PARTS, PLAIN_SEALING, plainView } from "./plain.ts";
import type { ObjectView, Rotation, Sealing, Sse, SseRequest } from "./sse.ts";
import { uploadEtags } from "./upload-etags.ts";

/** What encryption is made of. */
export interface SseParts {
  /** `undefined` where none is configured: then only customers' keys encrypt. */
  readonly kms: Kms | undefined;
  readonly aead: Aead;
  readonly rest: DigestRest;
  /** Whether a bucket wants SSE-S3 for writes that ask for nothing, by its own configuration or the server's. */
  readonly encryptsByDefault: (bucket: string) => Promise<boolean>;
}

/** The encryption of the server: SSE-S3 and SSE-C as MinIO seals them. */
export function createSse(parts: SseParts): Sse {
  const { kms, aead, rest } = parts;

  async function intentOf({ headers, secure, bucket }: SseRequest): Promise<Intent> {
    const intent = writeIntent(headers, secure);
    return intent.kind === "none" && await parts.encryptsByDefault(bucket) ? { kind: "sse-s3" } : intent;
  }

  async function sealing(request: SseRequest, multipart: boolean): Promise<Sealing> {
    const intent = await intentOf(request);
    if (intent.kind === "none") return PLAIN_SEALING;
    const { objectKey, encryption } = await newKey(intent, request, kms, multipart);
    const digests = intent.kind === "sse-c" ? customerDigests(objectKey, request) : kmsDigests(rest, request);
    return encryptingSealing(aead, objectKey, digests, encryptionMetadata(encryption), repliesOf(intent));
  }

  function view(record: ObjectRecord, customer: ReturnType<typeof customerKey>): ObjectView {
    const encryption = readEncryption(record.metadata);
    if (encryption.kind === "none") {
      if (customer !== undefined) throw customerKeyNotApplicable();
      return plainView(record);
    }
    checkSizes(record);
    if (encryption.kind === "sse-c") {
      return customerView(record, encryption, customer, { aead, rest });
    }
    if (customer !== undefined) throw customerKeyNotApplicable();
    return kmsView(record, encryption, () => openUnderKms(encryption, record, kms), { aead, rest });
  }

  return {
    requireKms: () => void requireKms(kms),
    forWrite: (request) => sealing(request, false),
    forNewUpload: (request) => sealing(request, true),

    async forPart(request, upload, partNumber) {
      const encryption = readEncryption(upload.metadata);
      const customer = customerKey(request.headers, request.secure);
      const asksKms = request.headers.has("x-amz-server-side-encryption");
      if (asksKms && encryption.kind !== "sse-s3") throw notForParts();
      if (encryption.kind === "none") {
        if (customer !== undefined) throw customerKeyNotApplicable();
        return PLAIN_SEALING;
      }
      if (encryption.kind === "sse-c") {
        if (customer === undefined) throw partKeyMissing();
        const objectKey = withPartFault(() => openUnderCustomer(encryption, upload, customer));
        const digests = customerDigests(objectKey, upload);
        return encryptingSealing(
          aead,
          partKey(objectKey, partNumber),
          digests,
          {},
          customerKeyHeaders(customer),
        );
      }
      if (customer !== undefined) throw customerKeyNotApplicable();
      const objectKey = await openUnderKms(encryption, upload, kms);
      return encryptingSealing(
        aead,
        partKey(objectKey, partNumber),
        kmsDigests(rest, upload),
        {},
        KMS_HEADERS,
      );
    },

    async forUpload(request, upload) {
      const encryption = readEncryption(upload.metadata);
      if (encryption.kind === "none") return PLAIN_PARTS;
      if (encryption.kind === "sse-s3") {
        return uploadEtags(upload, { replyHeaders: KMS_HEADERS, etags: rest, checksums: rest });
      }
      const customer = customerKey(request.headers, request.secure);
      if (customer === undefined) {
        return uploadEtags(upload, { replyHeaders: {}, etags: rest, checksums: undefined });
      }
      const objectKey = withPartFault(() => openUnderCustomer(encryption, upload, customer));
      const checksums = customerRest(objectKey);
      return uploadEtags(upload, { replyHeaders: customerKeyHeaders(customer), etags: rest, checksums });
    },

    view: async (request, record) => view(record, readIntent(request.headers, request.secure)),
    viewCopySource: async (request, record) =>
      view(record, customerKey(request.headers, request.secure, "copy-source")),

    async rotate(request, record): Promise<Rotation | undefined> {
      const from = readEncryption(record.metadata);
      const to = await intentOf(request);
      const source = customerKey(request.headers, request.secure, "copy-source");
      if (from.kind !== to.kind) return undefined;
      if (from.kind === "none") return { replyHeaders: {}, metadata: {}, changes: false };
      checkSizes(record);
      if (from.kind === "sse-c" && to.kind === "sse-c") {
        if (source === undefined) throw customerKeyMissing();
        const objectKey = openUnderCustomer(from, record, source);
        const kept = sealUnderCustomer(objectKey, to.customer.key, from.key.iv, record, from.multipart);
        return { replyHeaders: repliesOf(to), metadata: encryptionMetadata(kept.encryption), changes: true };
      }
      if (from.kind !== "sse-s3" || kms === undefined) return undefined;
      if (source !== undefined) throw customerKeyNotApplicable();
      const objectKey = await openUnderKms(from, record, kms);
      const kept = await sealUnderKms(objectKey, record, kms, from.multipart);
      return { replyHeaders: repliesOf(to), metadata: encryptionMetadata(kept.encryption), changes: true };
    },

    listedEtags: async (objects, bucket) =>
      objects.map(({ key, etag }) => shownEtag(rest, etag, { bucket, key })),
  };
}

function repliesOf(intent: Intent): Readonly<Record<string, string>> {
  if (intent.kind === "none") return {};
  return intent.kind === "sse-c" ? customerKeyHeaders(intent.customer) : KMS_HEADERS;
}

function withPartFault<T>(open: () => T): T {
  try {
    return open();
  } catch (thrown) {
    if (!(thrown instanceof S3Error) || thrown.code !== "AccessDenied") throw thrown;
    throw new S3Error("InvalidRequest", {
      message: "The provided encryption parameters did not match the ones used originally.",
      cause: thrown,
    });
  }
}

function partKeyMissing(): S3Error {
  return new S3Error("InvalidRequest", {
    message:
      "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.",
  });
}

function notForParts(): S3Error {
  return new S3Error("InvalidArgument", {
    message: "x-amz-server-side-encryption header is not supported for this operation.",
    fields: { ArgumentName: "x-amz-server-side-encryption" },
  });
}
