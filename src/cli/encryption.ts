import type { Aead } from "../crypto/aead.ts";
import { nativeAead } from "../crypto/aead-native.ts";
import { webCryptoAead } from "../crypto/aead-webcrypto.ts";
import type { EncryptionConfig } from "../config/encryption.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { Kms } from "../kms/kms.ts";
import { createSse } from "../sse/create.ts";
import { type Digests, storeKeyDigests } from "../sse/digests.ts";
import type { DoubleSse } from "../sse/double.ts";
import { objectKeyDigests } from "../sse/object-key-digests.ts";
import { openStoreKey } from "../sse/store-key.ts";
import type { Sse } from "../sse/sse.ts";
import type { Store } from "../store/store.ts";
import { FatalError } from "./command.ts";

/**
 * The encryption of a server over a store of its own.
 * @throws FatalError when the KMS does not open the key that the store was begun with
 */
export async function storeEncryption(
  store: Store,
  kms: Kms | undefined,
  config: EncryptionConfig,
): Promise<Sse> {
  return encryption(store, kms, config, await storeDigests(store, kms));
}

/**
 * How a store of our own keeps digests.
 * @throws FatalError when the KMS does not open the key that the store was begun with
 */
export async function storeDigests(store: Store, kms: Kms | undefined): Promise<Digests> {
  return storeKeyDigests(kms && await storeKey(store, kms));
}

/** The encryption of a server over one of MinIO's layouts. */
export function layoutEncryption(store: Store, kms: Kms | undefined, config: EncryptionConfig): Sse {
  return encryption(store, kms, config, objectKeyDigests(kms));
}

/** The encryption of a gateway that encrypts itself. @param double what its backend is to encrypt as well */
export function gatewayEncryption(kms: Kms, config: EncryptionConfig, double: DoubleSse | undefined): Sse {
  return createSse({
    kms,
    aead: aeadOf(config),
    digests: objectKeyDigests(kms),
    double,
    // What a bucket of the backend encrypts by default, the backend encrypts.
    encryptsByDefault: async () => config.autoEncryption,
  });
}

function encryption(store: Store, kms: Kms | undefined, config: EncryptionConfig, digests: Digests): Sse {
  return createSse({
    kms,
    aead: aeadOf(config),
    digests,
    encryptsByDefault: async (bucket) =>
      config.autoEncryption || await store.getBucketDocument(bucket, "encryption") !== undefined,
  });
}

/** What seals packages. */
export function aeadOf({ aead }: EncryptionConfig): Aead {
  return aead === "native" ? nativeAead : webCryptoAead;
}

async function storeKey(store: Store, kms: Kms) {
  try {
    return await openStoreKey(store, kms);
  } catch (thrown) {
    const cause = thrown instanceof S3Error ? thrown.cause : thrown;
    throw new FatalError(
      "Unable to setup the KMS: the key that this storage was first used with does not open under the configured one: " +
        `${cause instanceof Error ? cause.message : String(cause)}.`,
      {
        hint: "Configure the KMS that the storage was used with, " +
          "or add its former master key to MINIO_SSE_MASTER_KEY_RETIRED.",
        cause: thrown,
      },
    );
  }
}
