import { createHash } from "node:crypto";
import { randomBytes } from "../../crypto/random.ts";
import { S3Error } from "../../errors/s3-error.ts";
import type { BackendEncryption } from "../store.ts";
import { CUSTOMER_ALGORITHM, headersOfKey, type KeyRules } from "./encryption-headers.ts";
import type { Written } from "./remote-objects.ts";
import type { RemoteUploads } from "./remote-uploads.ts";

/**
 * Finds out whether a backend encrypts under the keys of customers (SSE-C). There are servers that know nothing of them,
 * ignore the headers and say 200 to what then rests in the clear.
 */
export class CustomerKeys {
  readonly #uploads: RemoteUploads;
  readonly #rules: KeyRules;
  #honoured = false;

  constructor(uploads: RemoteUploads, rules: KeyRules) {
    this.#uploads = uploads;
    this.#rules = rules;
  }

  /**
   * Returns when a write may be sent with its encryption. Before the first one under a customer's key the backend gets
   * random bytes as a part of an upload that is never completed: so nothing is replaced, and no plaintext is risked.
   * @throws S3Error NotImplemented for a backend that ignores such keys; InvalidRequest as `headersOfKey`; as the backend
   * names it
   */
  async require(
    { bucket, key, backend: encryption }: {
      readonly bucket: string;
      readonly key: string;
      readonly backend?: BackendEncryption;
    },
  ): Promise<void> {
    if (this.#honoured || encryption?.kind !== "sse-c") return;
    const headers = headersOfKey(encryption, this.#rules);
    const upload = await this.#uploads.create(bucket, key, headers, undefined);
    try {
      const bytes = randomBytes(32);
      const part = await this.#uploads.putPart(upload, 1, headers, { kind: "bytes", bytes });
      if (isIgnored(part, bytes)) {
        throw new S3Error("NotImplemented", {
          message:
            "The backend of this gateway ignores the keys of SSE-C and would store the object unencrypted. Nothing was stored.",
        });
      }
      this.#honoured = true;
    } finally {
      await this.#uploads.abort(upload).catch(() => {});
    }
  }
}

/** MinIO of 2019 encrypts parts without a word about it, but names them by other ETags than the MD5 of their bytes. */
function isIgnored({ etag, answer }: Written, bytes: Uint8Array): boolean {
  return !answer.headers.has(CUSTOMER_ALGORITHM) && etag === createHash("md5").update(bytes).digest("hex");
}
