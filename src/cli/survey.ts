import type { Store } from "../store/store.ts";
import { everyObject } from "../store/walk.ts";

/** How many objects a store holds, and how many bytes of plaintext they are. */
export async function survey(
  store: Pick<Store, "listBuckets" | "listObjects">,
): Promise<{ readonly objects: number; readonly bytes: number }> {
  let count = 0;
  let bytes = 0;
  for await (const { objects } of everyObject(store)) {
    count += objects.length;
    for (const { size } of objects) bytes += size;
  }
  return { objects: count, bytes };
}
