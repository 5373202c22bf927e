import { encryptedSize, MAX_PLAINTEXT } from "../crypto/dare.ts";
import { tampered } from "../errors/tampered.ts";
import type { ObjectRecord } from "../store/store.ts";
import type { Encrypted } from "./metadata.ts";

/** Bytes of an object, or of a part of it, as plaintext and in the store. */
export interface PieceSizes {
  readonly size: number;
  readonly storedSize: number;
}

/**
 * Checks that the sizes of a record belong together: those of each piece, and their sum with the whole.
 * @param fit whether the two sizes of one piece do
 * @throws S3Error XMinioObjectTampered
 */
export function checkSizes(record: ObjectRecord, fit: (piece: PieceSizes) => boolean): void {
  const pieces: readonly PieceSizes[] = record.parts.length === 0 ? [record] : record.parts;
  let size = 0;
  let storedSize = 0;
  let fits = true;
  for (const piece of pieces) {
    fits &&= Number.isSafeInteger(piece.size) && piece.size >= 0 && fit(piece);
    size += piece.size;
    storedSize += piece.storedSize;
  }
  if (fits && size === record.size && storedSize === record.storedSize) return;
  throw tampered("the sizes of the object do not belong together");
}

/** Whether a piece is as long as its DARE stream has to be. */
export function isStream({ size, storedSize }: PieceSizes): boolean {
  return size <= MAX_PLAINTEXT && encryptedSize(size) === storedSize;
}

/**
 * Checks that sizes and parts are those of an encrypted object. Parts are always completed by ascending number, and each
 * has a key by its number, so that none can take another's place.
 * @throws S3Error XMinioObjectTampered
 */
export function checkShape(record: ObjectRecord, { multipart }: Encrypted): void {
  checkSizes(record, isStream);
  const { parts } = record;
  const ascending = parts.every(({ number }, i) => number > (parts[i - 1]?.number ?? 0));
  if (ascending && multipart === parts.length > 0) return;
  throw tampered("the parts of the object are not those of its upload");
}
