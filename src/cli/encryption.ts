import { nativeAead } from "../crypto/aead-native.ts";
import { webCryptoAead } from "../crypto/aead-webcrypto.ts";
import type { EncryptionConfig } from "../config/encryption.ts";
import type { Kms } from "../kms/kms.ts";
import { masterKeyKms } from "../kms/master-key.ts";
import { createSse } from "../sse/create.ts";
import { storeKeyDigests } from "../sse/digests.ts";
import { openStoreKey } from "../sse/open-store-key.ts";
import type { Sse } from "../sse/sse.ts";
import type { Store } from "../store/store.ts";
import { FatalError } from "./command.ts";

/** The KMS that the configuration asks for, `undefined` for none. */
export function configuredKms({ masterKey, retired }: EncryptionConfig): Kms | undefined {
  return masterKey === undefined ? undefined : masterKeyKms(masterKey, retired);
}

/**
 * The encryption of a server over a store of its own.
 * @throws FatalError when the KMS does not open the key that the store was begun with
 */
export async function storeEncryption(
  store: Store,
  kms: Kms | undefined,
  config: EncryptionConfig,
): Promise<Sse> {
  return createSse({
    kms,
    aead: config.aead === "native" ? nativeAead : webCryptoAead,
    digests: storeKeyDigests(kms && await storeKey(store, kms)),
    encryptsByDefault: async (bucket) =>
      config.autoEncryption || await store.getBucketDocument(bucket, "encryption") !== undefined,
  });
}

async function storeKey(store: Store, kms: Kms) {
  try {
    return await openStoreKey(store, kms);
  } catch (thrown) {
    throw new FatalError(
      "Unable to setup the KMS: the key that this storage was first used with does not open under the configured one. " +
        "Configure the former master key, or add it to MINIO_SSE_MASTER_KEY_RETIRED.",
      { cause: thrown },
    );
  }
}

/** The KMS in one line of the banner. */
export function kmsLine(kms: Kms | undefined, { retired }: EncryptionConfig): string {
  if (kms === undefined) return "none";
  const former = retired.length === 0 ? "" : `, ${retired.length} retired`;
  return `master key ${JSON.stringify(kms.keyId)}${former}`;
}
