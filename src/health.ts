import type { Store } from "./store/store.ts";

/** Whether the server can do its work now. Never rejects. */
export type Ready = () => Promise<boolean>;

/**
 * Ready is who can read from its store in time.
 * @param patience how long the store may take, in milliseconds
 */
export function storeHealth(store: Pick<Store, "getBucket">, patience = 5000): Ready {
  return async () => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(false), patience));
    try {
      return await Promise.race([late, store.getBucket("health").then(() => true)]);
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  };
}
