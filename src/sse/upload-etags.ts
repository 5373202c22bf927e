import type { UploadRecord } from "../store/store.ts";
import type { DigestRest } from "./digest-rest.ts";
import { shownEtag } from "./encrypted-digests.ts";
import { actualSizeMetadata } from "./metadata.ts";
import { multipartEtag } from "./plain.ts";
import type { PartEtags } from "./sse.ts";
import { isSealedText } from "./store-key.ts";

/** What the ETags of an upload are opened with. */
export interface UploadDigests {
  readonly replyHeaders: Readonly<Record<string, string>>;
  /** How ETags rest. */
  readonly etags: DigestRest;
  /** How checksums rest; `undefined` where that takes a customer's key that did not come along. */
  readonly checksums: DigestRest | undefined;
}

/**
 * Part ETags of an encrypted upload. Under SSE-S3 they are MD5s of the plaintext, and so is what the finished ETag is
 * made of; under SSE-C it is made of the sealed values, as MinIO has it.
 */
export function uploadEtags(
  upload: UploadRecord,
  { replyHeaders, etags, checksums }: UploadDigests,
): PartEtags {
  const shown = (stored: string) => shownEtag(etags, stored, upload);
  return {
    replyHeaders,
    shown,
    openChecksum: (stored) => checksums?.open(stored, upload),
    finished(storedEtags) {
      if (!storedEtags.every(isSealedText)) {
        const etag = multipartEtag(storedEtags);
        return { stored: etag, shown: etag };
      }
      const etag = multipartEtag(storedEtags.map(shown));
      return { stored: etags.seal(etag, upload), shown: etag };
    },
    finishedMetadata: actualSizeMetadata,
    sealChecksum: (value) => (checksums ?? etags).seal(value, upload),
  };
}
