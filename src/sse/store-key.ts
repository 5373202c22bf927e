import { Buffer } from "node:buffer";
import type { Secret } from "../crypto/secret.ts";
import type { DataKey, Kms } from "../kms/kms.ts";
import type { Store } from "../store/store.ts";
import { type KmsKey, kmsKey } from "./sealed-under.ts";

/** What the store's key is bound to. No bucket can have this name. */
const CONTEXT = { "minio-ts/store-key": "minio-ts/store-key" };

type Documents = Pick<Store, "getDocument" | "setDocument">;
type Sealed = Pick<DataKey, "keyId" | "sealed">;

/**
 * The key under which a store seals ETags and checksums (32 bytes): opened by the KMS once, and made when the store has
 * none yet. One that was sealed under a former key of the KMS is sealed anew, so that the former key can be given up.
 * @throws what the KMS throws
 */
export async function openStoreKey(store: Documents, kms: Kms): Promise<Secret> {
  const kept = await read(store);
  if (kept === undefined) {
    const { plaintext, ...made } = await kms.generateDataKey(CONTEXT);
    await write(store, made);
    return plaintext;
  }
  const key = await kms.openDataKey(kept.keyId, kept.sealed, CONTEXT);
  // The key is open. That it cannot be sealed anew today is no reason not to start.
  if (kept.keyId !== kms.keyId) await rewrapStoreKey(store, kms).catch(() => undefined);
  return key;
}

/**
 * Seals the store's key under the current key of the KMS, in its latest version.
 * @returns `none` for a store without one
 * @throws what the KMS throws
 */
export async function rewrapStoreKey(store: Documents, kms: Kms): Promise<"none" | "current" | "renewed"> {
  const kept = await read(store);
  if (kept === undefined) return "none";
  const renewed = await kms.rewrapDataKey(kept.keyId, kept.sealed, CONTEXT);
  if (renewed === undefined) return "current";
  await write(store, renewed);
  return "renewed";
}

/** What the store's key is sealed under, `undefined` for a store without one. */
export async function storeKeySealedUnder(store: Pick<Store, "getDocument">): Promise<KmsKey | undefined> {
  const kept = await read(store);
  return kept && kmsKey(kept.keyId, kept.sealed);
}

/** The document is the base64 of the sealed key, a blank and the id of what sealed it, which may hold blanks itself. */
async function read(store: Pick<Store, "getDocument">): Promise<Sealed | undefined> {
  const text = await store.getDocument("store-key");
  if (text === undefined) return undefined;
  const blank = text.indexOf(" ");
  return { keyId: text.slice(blank + 1), sealed: Buffer.from(text.slice(0, blank), "base64") };
}

async function write(store: Documents, { keyId, sealed }: Sealed): Promise<void> {
  await store.setDocument("store-key", `${Buffer.from(sealed).toString("base64")} ${keyId}`);
}
