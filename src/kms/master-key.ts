import { CryptoError } from "../crypto/errors.ts";
import { newDataKey, openDataKey, sealDataKey } from "../crypto/sealed-key.ts";
import type { Secret } from "../crypto/secret.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { Kms, KmsContext } from "./kms.ts";

/** A master key with the id that is kept beside every data key it sealed. */
export interface MasterKey {
  readonly keyId: string;
  /** 32 bytes. */
  readonly key: Secret;
}

/**
 * A KMS that is nothing but keys in memory (minio-formats section 4.2).
 * @param current seals new data keys
 * @param retired open what they once sealed
 */
export function masterKeyKms(current: MasterKey, retired: readonly MasterKey[] = []): Kms {
  const all = [current, ...retired];

  function open(keyId: string, sealed: Uint8Array, context: KmsContext): Secret {
    // MinIO looks at no id but the one kept with the object, under whatever key is configured: an id may have been
    // changed while its key stayed. So the key of that id comes first, and then all others.
    const candidates = [
      ...all.filter((key) => key.keyId === keyId),
      ...all.filter((key) => key.keyId !== keyId),
    ];
    let fault: unknown;
    for (const { key } of candidates) {
      try {
        return openDataKey(sealed, key, keyId, context);
      } catch (thrown) {
        if (!(thrown instanceof CryptoError)) throw thrown;
        fault ??= thrown;
      }
    }
    throw new S3Error("InternalError", {
      cause: new Error(`no master key opens a data key that was sealed under "${keyId}"`, { cause: fault }),
    });
  }

  return {
    keyId: current.keyId,
    async generateDataKey(context) {
      const { plain, sealed } = newDataKey(current.key, current.keyId, context);
      return { keyId: current.keyId, plaintext: plain, sealed };
    },
    openDataKey: async (keyId, sealed, context) => open(keyId, sealed, context),
    async rewrapDataKey(keyId, sealed, context) {
      const dataKey = open(keyId, sealed, context);
      return { keyId: current.keyId, sealed: sealDataKey(dataKey, current.key, current.keyId, context) };
    },
    status: async () => ({ kind: "master key", keyId: current.keyId, online: true }),
    close: async () => {},
  };
}
