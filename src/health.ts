import type { Kms } from "./kms/kms.ts";
import type { Store } from "./store/store.ts";
import { everyBucket } from "./store/walk.ts";

/** Whether the server can do its work now. Never rejects. */
export type Ready = () => Promise<boolean>;

/** How long an answer may take, in milliseconds. */
const PATIENCE = 5000;

/**
 * Ready is who can read from its store, and can encrypt what it is told to encrypt.
 * @param kms `undefined` where none is configured
 */
export function health(store: Store, kms: Kms | undefined, autoEncryption: boolean): Ready {
  const checks = [storeHealth(store)];
  if (kms !== undefined) {
    checks.push(kmsHealth(kms, async () => autoEncryption || await anyBucketEncrypts(store)));
  }
  return async () => (await Promise.all(checks.map((check) => check()))).every((ready) => ready);
}

/**
 * Ready is who can read from its store in time.
 * @param patience how long the store may take, in milliseconds
 */
export function storeHealth(store: Pick<Store, "getBucket">, patience = PATIENCE): Ready {
  return () => inTime(() => store.getBucket("health").then(() => true), patience);
}

/**
 * Ready is who can have data keys in time, or does well without: where no write is encrypted unless it asks for it, a
 * server without its KMS is still of use to all others.
 * @param patience how long the KMS may take, in milliseconds
 */
export function kmsHealth(
  kms: Pick<Kms, "status">,
  writesNeedIt: () => Promise<boolean>,
  patience = PATIENCE,
): Ready {
  const online = kmsOnline(kms, patience);
  return async () => {
    if (await online()) return true;
    return await inTime(async () => !await writesNeedIt(), patience);
  };
}

/**
 * Whether a data key could be had now.
 * @param patience how long the KMS may take, in milliseconds
 */
export function kmsOnline(kms: Pick<Kms, "status">, patience = PATIENCE): Ready {
  return () => inTime(async () => (await kms.status()).online, patience);
}

async function inTime(work: () => Promise<boolean>, patience: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(false), patience));
  try {
    return await Promise.race([late, work()]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

async function anyBucketEncrypts(store: Store): Promise<boolean> {
  for await (const { name } of everyBucket(store)) {
    if (await store.getBucketDocument(name, "encryption") !== undefined) return true;
  }
  return false;
}
