import { nativeAead } from "../../src/crypto/aead-native.ts";
import { createSse } from "../../src/sse/create.ts";
import { storeKeyDigests } from "../../src/sse/digests.ts";
import type { Sse } from "../../src/sse/sse.ts";

/** The encryption of a server without a KMS: only customers' keys encrypt. */
export function plainSse(): Sse {
  return createSse({
    kms: undefined,
    aead: nativeAead,
    digests: storeKeyDigests(undefined),
    encryptsByDefault: async () => false,
  });
}
