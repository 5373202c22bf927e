import { KEY_SIZE } from "./aead.ts";
import { nativeAead } from "./aead-native.ts";
import { canonicalContext, type Context } from "./context.ts";
import { type DareVersion, OVERHEAD } from "./dare.ts";
import { openSmall } from "./dare-reader.ts";
import { sealSmall } from "./dare-writer.ts";
import { CryptoError, UnsupportedError, WrongKeyError } from "./errors.ts";
import { dataKeySealingKey, type Domain, legacySealingKey, type ObjectName, sealingKey } from "./kdf.ts";
import { randomBytes } from "./random.ts";
import { Secret } from "./secret.ts";

/** How an object key is sealed. The first is written; the second is only read, and only for SSE-C. */
export const DARE_V2_HMAC_SHA256 = "DAREv2-HMAC-SHA256";
export const DARE_SHA256 = "DARE-SHA256";

/** Bytes of a sealed key, and of the IV that an object key is sealed with. */
export const SEALED_KEY_SIZE = KEY_SIZE + OVERHEAD;
export const IV_SIZE = 32;

/** What an object key is sealed under. */
export interface Sealing {
  /** Client key of SSE-C, data key of SSE-S3. */
  readonly external: Secret;
  /** 32 bytes. */
  readonly iv: Uint8Array;
  readonly domain: Domain;
  readonly object: ObjectName;
}

/** An object key as it rests, 64 bytes, under `DAREv2-HMAC-SHA256`. */
export function sealObjectKey(objectKey: Secret, sealing: Sealing): Uint8Array {
  return sealKey(objectKey, sealingKey(sealing.external, sealing.iv, sealing.domain, sealing.object));
}

/**
 * Opens a sealed object key.
 * @param algorithm as kept in the object's metadata
 * @throws WrongKeyError; UnsupportedError for an algorithm that is unknown or not for this domain
 */
export function openObjectKey(sealed: Uint8Array, algorithm: string, sealing: Sealing): Secret {
  const { external, iv, domain, object } = sealing;
  if (algorithm === DARE_V2_HMAC_SHA256) {
    return openKey(sealed, sealingKey(external, iv, domain, object), [0x20]);
  }
  if (algorithm === DARE_SHA256 && domain === "SSE-C") {
    return openKey(sealed, legacySealingKey(external, iv), [0x10, 0x20]);
  }
  throw new UnsupportedError("unsupported sealing algorithm");
}

/** A data key, in clear and as it rests. */
export interface DataKey {
  readonly plain: Secret;
  /** 64 bytes. */
  readonly sealed: Uint8Array;
}

/** A fresh data key under a master key, bound to the id of the master key and to the context. */
export function newDataKey(masterKey: Secret, keyId: string, context: Context): DataKey {
  const plain = new Secret(randomBytes(KEY_SIZE));
  return { plain, sealed: sealDataKey(plain, masterKey, keyId, context) };
}

/** A data key as it rests under a master key, 64 bytes. */
export function sealDataKey(dataKey: Secret, masterKey: Secret, keyId: string, context: Context): Uint8Array {
  return sealKey(dataKey, dataKeySealingKey(masterKey, keyId, canonicalContext(context)));
}

/** Opens a sealed data key. @param keyId as kept with the object @throws WrongKeyError */
export function openDataKey(sealed: Uint8Array, masterKey: Secret, keyId: string, context: Context): Secret {
  return openKey(sealed, dataKeySealingKey(masterKey, keyId, canonicalContext(context)), [0x20]);
}

function sealKey(key: Secret, under: Secret): Uint8Array {
  return sealSmall(nativeAead, under, key.reveal());
}

function openKey(sealed: Uint8Array, under: Secret, versions: readonly DareVersion[]): Secret {
  if (sealed.length !== SEALED_KEY_SIZE) throw new WrongKeyError("a sealed key has another length");
  try {
    return new Secret(openSmall(nativeAead, under, sealed, versions));
  } catch (cause) {
    if (cause instanceof CryptoError) throw new WrongKeyError("the key does not match", { cause });
    throw cause;
  }
}
