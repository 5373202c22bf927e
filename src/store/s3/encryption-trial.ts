import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { randomBytes } from "../../crypto/random.ts";
import { S3Error } from "../../errors/s3-error.ts";
import { CUSTOMER_ALGORITHM } from "../../http/sse-headers.ts";
import type { BackendEncryption } from "../store.ts";
import { encryptionOf, headersOfKey, headersOfWrite, type KeyRules } from "./encryption-headers.ts";
import type { RemoteObjects } from "./remote-objects.ts";
import type { RemoteUploads } from "./remote-uploads.ts";

/**
 * Finds out whether a backend encrypts as it is asked to. There are servers that know nothing of it, ignore the headers
 * and say 200 to what then rests without that encryption.
 */
export class EncryptionTrial {
  readonly #objects: RemoteObjects;
  readonly #uploads: RemoteUploads;
  readonly #rules: KeyRules;
  readonly #honoured = new Set<BackendEncryption["kind"]>();

  constructor(objects: RemoteObjects, uploads: RemoteUploads, rules: KeyRules) {
    this.#objects = objects;
    this.#uploads = uploads;
    this.#rules = rules;
  }

  /**
   * Returns when a write may be sent with its encryption. Before the first one of a kind the backend gets random bytes
   * under it that replace nothing and do not stay.
   * @throws S3Error NotImplemented for a backend that ignores it; InvalidRequest as `headersOfKey`; as the backend names it
   */
  async require(
    { bucket, key, backend: encryption }: {
      readonly bucket: string;
      readonly key: string;
      readonly backend?: BackendEncryption;
    },
  ): Promise<void> {
    if (encryption === undefined || this.#honoured.has(encryption.kind)) return;
    const honoured = encryption.kind === "sse-c"
      ? await this.#honoursKey(bucket, key, encryption)
      : await this.#honoursMethod(bucket, key, encryption);
    if (!honoured) {
      throw new S3Error("NotImplemented", {
        message: `The backend of this gateway ignores ${encryption.kind.toUpperCase()} ` +
          "and would store the object without it. Nothing was stored.",
      });
    }
    this.#honoured.add(encryption.kind);
  }

  /** By a part of an upload that is never completed: not all tell it of the upload itself. */
  async #honoursKey(bucket: string, key: string, encryption: BackendEncryption): Promise<boolean> {
    const headers = headersOfKey(encryption, this.#rules);
    const upload = await this.#uploads.create(bucket, key, headers, undefined);
    try {
      const bytes = randomBytes(32);
      const { answer, etag } = await this.#uploads.putPart(upload, 1, headers, { kind: "bytes", bytes });
      // MinIO of 2019 encrypts parts without a word about it, but names them by other ETags than the MD5 of their bytes.
      return answer.headers.has(CUSTOMER_ALGORITHM) ||
        etag !== createHash("md5").update(bytes).digest("hex");
    } finally {
      await this.#uploads.abort(upload).catch(() => {});
    }
  }

  /** By an upload that is never completed, and where that says nothing, as at MinIO of 2019, by an object of its own. */
  async #honoursMethod(bucket: string, key: string, encryption: BackendEncryption): Promise<boolean> {
    const headers = headersOfWrite(encryption, this.#rules);
    const upload = await this.#uploads.create(bucket, key, headers, undefined);
    await this.#uploads.abort(upload).catch(() => {});
    if (tells(upload.encryption)) return true;
    const bytes = randomBytes(16);
    const folder = key.slice(0, key.lastIndexOf("/") + 1);
    const trial = `${folder}minio-ts-trial-${Buffer.from(bytes).toString("hex")}`;
    const { answer } = await this.#objects.put(bucket, trial, headers, { kind: "bytes", bytes });
    await this.#objects.delete(bucket, trial).catch(() => {});
    return tells(encryptionOf(answer.headers));
  }
}

function tells(encryption: Readonly<Record<string, string>>): boolean {
  return Object.keys(encryption).length > 0;
}
