import type { Metadata, ObjectRecord, Store } from "../../../src/store/store.ts";
import { attributesOf, bodyOf, bytesOf } from "../../conformance/fixture.ts";

/** What makes a gateway keep an object as an encrypted one. */
export const SEALED: Metadata = { "X-Minio-Internal-Server-Side-Encryption-Iv": "" };

/** Writes `size` bytes under this metadata, which alone tells a gateway how to keep them. */
export function putAs(
  store: Store,
  at: { readonly bucket: string; readonly key: string },
  metadata: Metadata,
  size: number,
): Promise<ObjectRecord> {
  return store.putObject({
    ...at,
    body: bodyOf(bytesOf(size)),
    storedSize: size,
    metadata,
    attributes: () => ({ ...attributesOf(size), metadata }),
  });
}
