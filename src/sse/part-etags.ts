import { tampered } from "../errors/tampered.ts";
import { multipartEtag } from "../store/multipart-etag.ts";
import type { UploadRecord } from "../store/store.ts";
import type { DigestRest } from "./digest-rest.ts";
import { shownEtag } from "./digests.ts";
import { actualSizeMetadata } from "./metadata.ts";
import { sealRecord } from "./record-seal.ts";
import { isSealedText } from "./sealed-text.ts";
import type { PartEtags } from "./sse.ts";

/** What the digests of an encrypted upload are opened and sealed with. */
export interface UploadDigests {
  readonly replyHeaders: Readonly<Record<string, string>>;
  /** How ETags rest that can be opened; `undefined` under SSE-C, where they are opaque. */
  readonly etags: DigestRest | undefined;
  /** How all else rests; `undefined` where that takes a customer's key that did not come along. */
  readonly rest: DigestRest | undefined;
  readonly sealsRecords: boolean;
}

/**
 * Part ETags of an encrypted upload. Where they are MD5s of the plaintext, sealed by the store, the finished ETag is made
 * of these as in S3; otherwise it is made of the sealed values, as MinIO has it.
 */
export function encryptedPartEtags(upload: UploadRecord, digests: UploadDigests): PartEtags {
  const { replyHeaders, etags, rest, sealsRecords } = digests;

  function opened(stored: string): string {
    const etag = etags?.open("etag", stored, upload);
    if (etag !== undefined) return etag;
    throw tampered("the ETag of a part does not open");
  }

  return {
    replyHeaders,
    shown: (stored) => shownEtag(etags, stored, upload),
    openChecksum: (stored) => rest?.open("checksum", stored, upload),
    finished(storedEtags) {
      if (etags === undefined || !storedEtags.every(isSealedText)) {
        const etag = multipartEtag(storedEtags);
        return { stored: etag, shown: etag };
      }
      const shown = multipartEtag(storedEtags.map(opened));
      return { stored: etags.seal("etag", shown, upload), shown };
    },
    finishedMetadata: actualSizeMetadata,
    sealChecksum(value) {
      if (rest === undefined) throw new Error("a checksum is sealed without the key of its object");
      return rest.seal("checksum", value, upload);
    },
    sealRecord: (attributes, parts) =>
      rest === undefined || !sealsRecords ? attributes : sealRecord(rest, upload, attributes, parts),
  };
}
