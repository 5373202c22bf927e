import { randomUUID } from "node:crypto";
import type { Store } from "../store/store.ts";

/** The id that a store keeps for life, made when it has none yet. */
export async function deploymentId(store: Store): Promise<string> {
  const known = await store.getDocument("deployment-id");
  if (known !== undefined) return known;
  const id = randomUUID();
  await store.setDocument("deployment-id", id);
  return id;
}
