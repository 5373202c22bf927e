import { Buffer } from "node:buffer";
import { CryptoError } from "../crypto/errors.ts";
import { newDataKey, openDataKey, sealDataKey } from "../crypto/sealed-key.ts";
import type { Secret } from "../crypto/secret.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { Kms, KmsContext } from "./kms.ts";
import type { Step } from "./step.ts";

/** A master key with the id that is kept beside every data key it sealed. */
export interface MasterKey {
  readonly keyId: string;
  /** 32 bytes. */
  readonly key: Secret;
}

/** What the data key of a check is bound to. No bucket can have this name. */
const CHECK_CONTEXT: KmsContext = { "minio-ts/check": "minio-ts/check" };

/**
 * A KMS that is nothing but keys in memory (minio-formats section 4.2).
 * @param current seals new data keys
 * @param retired open what they once sealed
 */
export function masterKeyKms(current: MasterKey, retired: readonly MasterKey[] = []): Kms {
  const { keyId, key } = current;
  const all = [current, ...retired];
  const generate = (context: KmsContext) => {
    const { plain, sealed } = newDataKey(key, keyId, context);
    return { keyId, plaintext: plain, sealed };
  };
  return {
    keyId,
    generateDataKey: async (context) => generate(context),
    openDataKey: async (id, sealed, context) => openWithMasterKeys(all, id, sealed, context).dataKey,
    async rewrapDataKey(id, sealed, context) {
      const { dataKey, under } = openWithMasterKeys(all, id, sealed, context);
      if (under === current && id === keyId) return undefined;
      return { keyId, sealed: sealDataKey(dataKey, key, keyId, context) };
    },
    async *check(): AsyncGenerator<Step> {
      const name = JSON.stringify(keyId);
      const { plaintext, sealed } = generate(CHECK_CONTEXT);
      yield { name: `make a data key under the master key ${name}` };
      const { dataKey } = openWithMasterKeys(all, keyId, sealed, CHECK_CONTEXT);
      if (!Buffer.from(dataKey.reveal()).equals(plaintext.reveal())) throw new Error("another key came out");
      yield { name: "open it again" };
    },
    status: async () => ({ kind: "master key", keyId, online: true }),
    close: async () => {},
  };
}

/**
 * Opens a data key that one of these keys sealed.
 * @throws S3Error InternalError when none of them did
 */
export function openWithMasterKeys(
  keys: readonly MasterKey[],
  keyId: string,
  sealed: Uint8Array,
  context: KmsContext,
): { readonly dataKey: Secret; readonly under: MasterKey } {
  // MinIO looks at no id but the one kept with the object, under whatever key is configured: an id may have been
  // changed while its key stayed. So the key of that id comes first, and then all others.
  const candidates = [
    ...keys.filter((key) => key.keyId === keyId),
    ...keys.filter((key) => key.keyId !== keyId),
  ];
  let fault: unknown;
  for (const under of candidates) {
    try {
      return { dataKey: openDataKey(sealed, under.key, keyId, context), under };
    } catch (thrown) {
      if (!(thrown instanceof CryptoError)) throw thrown;
      fault ??= thrown;
    }
  }
  throw new S3Error("InternalError", {
    cause: new Error(`no master key opens a data key that was sealed under "${keyId}"`, { cause: fault }),
  });
}
