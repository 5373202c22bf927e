import { type ObjectName, passThroughKey } from "../crypto/kdf.ts";
import type { BackendEncryption } from "../store/store.ts";
import type { Intent } from "./intent.ts";

/** The kinds of encryption for which a gateway asks its backend to encrypt as well (minio-formats 9.1). */
export interface DoubleSse {
  readonly s3: boolean;
  readonly c: boolean;
}

export const NO_DOUBLE: DoubleSse = { s3: false, c: false };

/** What the backend is asked for. It never gets a customer's key, but one that only this key and this name lead to. */
export function backendEncryption(
  double: DoubleSse,
  intent: Intent,
  object: ObjectName,
): BackendEncryption | undefined {
  if (intent.kind === "sse-s3" && double.s3) return { kind: "sse-s3" };
  if (intent.kind !== "sse-c" || !double.c) return undefined;
  return { kind: "sse-c", key: passThroughKey(intent.customer.key, object) };
}
