import type { Store } from "./store/store.ts";

/** How long a store may take to answer before it counts as not ready, in milliseconds. */
const PATIENCE = 5000;

/** Whether the server can do its work now. Never rejects. */
export type Ready = () => Promise<boolean>;

/** Ready is who can read from its store in time. */
export function storeHealth(store: Pick<Store, "getBucket">): Ready {
  return async () => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(false), PATIENCE));
    try {
      return await Promise.race([late, store.getBucket("health").then(() => true)]);
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  };
}
