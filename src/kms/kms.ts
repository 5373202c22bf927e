import type { Secret } from "../crypto/secret.ts";

/** What a data key is bound to: `{ [bucket]: "bucket/object" }`, the cleaned path (see crypto/FORMAT.md). */
export type KmsContext = Readonly<Record<string, string>>;

/** A fresh data key and the form in which it may rest beside the object. */
export interface DataKey {
  readonly keyId: string;
  /** 32 bytes. */
  readonly plaintext: Secret;
  readonly sealed: Uint8Array;
}

/** Where a KMS stands now. */
export interface KmsStatus {
  readonly kind: string;
  readonly keyId: string;
  readonly online: boolean;
  /** What is wrong, for an operator; holds no secret. */
  readonly fault?: string;
}

/** A key management service: the keeper of the keys that seal data keys. */
export interface Kms {
  /** The key id that new data keys are sealed under. */
  readonly keyId: string;
  /** @throws S3Error ServiceUnavailable while the service cannot be reached */
  generateDataKey(context: KmsContext): Promise<DataKey>;
  /** The 32-byte data key. @throws S3Error ServiceUnavailable; InternalError when the service refuses to open it */
  openDataKey(keyId: string, sealed: Uint8Array, context: KmsContext): Promise<Secret>;
  /**
   * Seals a data key anew: under the latest version of its key where the KMS has versions, under the current key
   * otherwise.
   * @throws S3Error as `openDataKey`
   */
  rewrapDataKey(
    keyId: string,
    sealed: Uint8Array,
    context: KmsContext,
  ): Promise<{ readonly keyId: string; readonly sealed: Uint8Array }>;
  status(): Promise<KmsStatus>;
  close(): Promise<void>;
}
