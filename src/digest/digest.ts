/** The digests that S3 knows for a body. */
export type DigestName = "md5" | "sha1" | "sha256" | "crc32" | "crc32c" | "crc64nvme";

/** Finished digests in raw bytes, CRCs big-endian. Holds exactly the names that were asked for. */
export type Digests = ReadonlyMap<DigestName, Uint8Array>;

/** Runs several digests over one stream of bytes. */
export interface Digester {
  /**
   * Takes the next bytes, which may be reused by the caller as soon as this returns or its promise settles.
   * Returns a promise only when the caller has to wait (back-pressure of the hash workers).
   */
  update(chunk: Uint8Array): Promise<void> | undefined;
  /** The digests of everything taken so far. Ends the digester. */
  finish(): Promise<Digests>;
  /** Ends it without a result and frees what it holds. Harmless after `finish`. */
  abandon(): void;
}
