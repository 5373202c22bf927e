import type { Secret } from "../crypto/secret.ts";
import type { Step } from "./step.ts";

/** What a data key is bound to: `{ [bucket]: "bucket/object" }`, the cleaned path (see crypto/FORMAT.md). */
export type KmsContext = Readonly<Record<string, string>>;

/** A fresh data key and the form in which it may rest beside the object. */
export interface DataKey {
  readonly keyId: string;
  /** 32 bytes. */
  readonly plaintext: Secret;
  readonly sealed: Uint8Array;
}

/** A data key as it rests now. */
export type RewrappedKey = Pick<DataKey, "keyId" | "sealed">;

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
   * Seals a data key anew: under the current key, in its latest version where the KMS has versions.
   * @returns `undefined` when that is how it is sealed already
   * @throws S3Error as `openDataKey`
   */
  rewrapDataKey(
    keyId: string,
    sealed: Uint8Array,
    context: KmsContext,
  ): Promise<RewrappedKey | undefined>;
  /** Walks the way to a data key step by step, up to the first step that fails. Never throws for a fault of the KMS. */
  check(): AsyncIterable<Step>;
  /** Whether a data key could be had now. Never rejects. */
  status(): Promise<KmsStatus>;
  close(): Promise<void>;
}
