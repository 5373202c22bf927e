import { Buffer } from "node:buffer";
import type { Secret } from "../crypto/secret.ts";
import type { Kms } from "../kms/kms.ts";
import type { Store } from "../store/store.ts";

/** What the store's key is bound to. No bucket can have this name. */
const CONTEXT = { "minio-ts/store-key": "minio-ts/store-key" };

/**
 * The key under which a store seals ETags and checksums (32 bytes): opened by the KMS once, and made when the store has
 * none yet. One that was sealed under a former key of the KMS is sealed anew, so that the former key can be given up.
 * @throws what the KMS throws
 */
export async function openStoreKey(store: Store, kms: Kms): Promise<Secret> {
  const text = await store.getDocument("store-key");
  if (text === undefined) {
    const { keyId, plaintext, sealed } = await kms.generateDataKey(CONTEXT);
    await store.setDocument("store-key", documentOf(keyId, sealed));
    return plaintext;
  }
  // The id comes last, because it may hold blanks itself.
  const blank = text.indexOf(" ");
  const keyId = text.slice(blank + 1);
  const sealed = Buffer.from(text.slice(0, blank), "base64");
  const key = await kms.openDataKey(keyId, sealed, CONTEXT);
  if (keyId !== kms.keyId) {
    // The key is open. That it cannot be sealed anew today is no reason not to start.
    const renewed = await kms.rewrapDataKey(keyId, sealed, CONTEXT).catch(() => undefined);
    if (renewed !== undefined && renewed.keyId !== keyId) {
      await store.setDocument("store-key", documentOf(renewed.keyId, renewed.sealed));
    }
  }
  return key;
}

function documentOf(keyId: string, sealed: Uint8Array): string {
  return `${Buffer.from(sealed).toString("base64")} ${keyId}`;
}
