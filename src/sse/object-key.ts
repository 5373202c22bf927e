import { CryptoError, TamperedError, UnsupportedError, WrongKeyError } from "../crypto/errors.ts";
import { newObjectKey, type ObjectName } from "../crypto/kdf.ts";
import { objectPath } from "../crypto/path.ts";
import { randomBytes } from "../crypto/random.ts";
import { DARE_V2_HMAC_SHA256, IV_SIZE, openObjectKey, sealObjectKey } from "../crypto/sealed-key.ts";
import type { Secret } from "../crypto/secret.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { Kms, KmsContext } from "../kms/kms.ts";
import type { CustomerKey } from "./customer-key.ts";
import { kmsMissing } from "./faults.ts";
import type { Intent } from "./intent.ts";
import type { Encrypted, EncryptedBy } from "./metadata.ts";

/** An object key together with how it rests. */
export interface KeptKey {
  readonly objectKey: Secret;
  readonly encryption: Encrypted;
}

/**
 * A fresh object key, sealed as the intent wants it.
 * @param kms `undefined` where none is configured
 * @throws S3Error InvalidArgument for SSE-S3 without a KMS; what the KMS throws
 */
export async function newKey(
  intent: Exclude<Intent, { kind: "none" }>,
  object: ObjectName,
  kms: Kms | undefined,
  multipart: boolean,
): Promise<KeptKey> {
  if (intent.kind === "sse-c") {
    const { key } = intent.customer;
    return sealUnderCustomer(newObjectKey(key), key, randomBytes(IV_SIZE), object, multipart);
  }
  return await sealUnderKms(undefined, object, requireKms(kms), multipart);
}

/** Seals an object key, or a new one, under a fresh data key of the KMS. */
export async function sealUnderKms(
  known: Secret | undefined,
  object: ObjectName,
  kms: Kms,
  multipart: boolean,
): Promise<KeptKey> {
  const dataKey = await kms.generateDataKey(contextOf(object));
  const iv = randomBytes(IV_SIZE);
  const objectKey = known ?? newObjectKey(dataKey.plaintext);
  const sealedKey = sealObjectKey(objectKey, { external: dataKey.plaintext, iv, domain: "SSE-S3", object });
  return {
    objectKey,
    encryption: {
      kind: "sse-s3",
      key: { iv, algorithm: DARE_V2_HMAC_SHA256, sealedKey },
      keyId: dataKey.keyId,
      sealedDataKey: dataKey.sealed,
      multipart,
    },
  };
}

/** Seals an object key under a customer's key. @param iv 32 bytes */
export function sealUnderCustomer(
  objectKey: Secret,
  external: Secret,
  iv: Uint8Array,
  object: ObjectName,
  multipart: boolean,
): KeptKey {
  const sealedKey = sealObjectKey(objectKey, { external, iv, domain: "SSE-C", object });
  return {
    objectKey,
    encryption: { kind: "sse-c", key: { iv, algorithm: DARE_V2_HMAC_SHA256, sealedKey }, multipart },
  };
}

/**
 * Opens the object key of an SSE-S3 object.
 * @throws S3Error InvalidArgument without a KMS; XMinioObjectTampered; what the KMS throws
 */
export async function openUnderKms(
  encryption: EncryptedBy<"sse-s3">,
  object: ObjectName,
  kms: Kms | undefined,
): Promise<Secret> {
  const { keyId, sealedDataKey, key } = encryption;
  const external = await requireKms(kms).openDataKey(keyId, sealedDataKey, contextOf(object));
  try {
    return openObjectKey(key.sealedKey, key.algorithm, { external, iv: key.iv, domain: "SSE-S3", object });
  } catch (thrown) {
    throw cryptoFault(thrown);
  }
}

/** Opens the object key of an SSE-C object. @throws S3Error AccessDenied when it is not the customer's key */
export function openUnderCustomer(
  { key }: EncryptedBy<"sse-c">,
  object: ObjectName,
  customer: CustomerKey,
): Secret {
  try {
    return openObjectKey(key.sealedKey, key.algorithm, {
      external: customer.key,
      iv: key.iv,
      domain: "SSE-C",
      object,
    });
  } catch (thrown) {
    if (thrown instanceof WrongKeyError) throw new S3Error("AccessDenied", { cause: thrown });
    throw cryptoFault(thrown);
  }
}

/** What a client is told of sealed data that does not open. Anything else comes back as it is. */
export function cryptoFault(thrown: unknown): unknown {
  const ours = thrown instanceof TamperedError || thrown instanceof WrongKeyError ||
    thrown instanceof UnsupportedError || thrown instanceof CryptoError;
  return ours ? new S3Error("XMinioObjectTampered", { cause: thrown }) : thrown;
}

/** @throws S3Error InvalidArgument where no KMS is configured */
export function requireKms(kms: Kms | undefined): Kms {
  if (kms !== undefined) return kms;
  throw kmsMissing();
}

/** Every data key is bound to the object that it is for. */
export function contextOf({ bucket, key }: ObjectName): KmsContext {
  return { [bucket]: objectPath(bucket, key) };
}
