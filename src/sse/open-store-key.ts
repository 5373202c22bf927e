import { Buffer } from "node:buffer";
import type { Secret } from "../crypto/secret.ts";
import type { Kms } from "../kms/kms.ts";
import type { Store } from "../store/store.ts";

/** What the store's key is bound to. No bucket can have this name. */
const CONTEXT = { "minio-ts/store-key": "minio-ts/store-key" };

/**
 * The key under which a store seals ETags and checksums (32 bytes): opened by the KMS once, and made when the store has
 * none yet.
 * @throws what the KMS throws; Error when the stored key is not readable
 */
export async function openStoreKey(store: Store, kms: Kms): Promise<Secret> {
  const text = await store.getDocument("store-key");
  if (text === undefined) {
    const { keyId, plaintext, sealed } = await kms.generateDataKey(CONTEXT);
    await store.setDocument("store-key", `${Buffer.from(sealed).toString("base64")} ${keyId}`);
    return plaintext;
  }
  const blank = text.indexOf(" ");
  return await kms.openDataKey(text.slice(blank + 1), Buffer.from(text.slice(0, blank), "base64"), CONTEXT);
}
