import { Buffer } from "node:buffer";
import type { Aead } from "../crypto/aead.ts";
import { PACKAGE_SIZE } from "../crypto/dare.ts";
import { openDare, openSmall } from "../crypto/dare-reader.ts";
import { partSpans } from "../crypto/dare-span.ts";
import { giveBack } from "../crypto/give-back.ts";
import { partKey } from "../crypto/kdf.ts";
import type { Secret } from "../crypto/secret.ts";
import { Pieces } from "../store/pieces.ts";
import type { ObjectHandle } from "../store/store.ts";
import { cryptoFault } from "./object-key.ts";

/**
 * Plaintext `[start, start + length)` of an encrypted object whose record was checked. Only the packages that hold it
 * are read; a byte is yielded only after its package was verified.
 * @param openKey opens the object key
 * @throws S3Error XMinioObjectTampered; what `openKey` throws
 */
export async function* decrypt(
  aead: Aead,
  openKey: () => Secret | Promise<Secret>,
  handle: ObjectHandle,
  start: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  const { parts, size, storedSize } = handle.record;
  if (length === 0) return;
  const objectKey = await openKey();
  try {
    if (parts.length === 0 && storedSize <= PACKAGE_SIZE) {
      const plaintext = await openSmall(aead, objectKey, await whole(handle.read(0, storedSize)));
      yield start === 0 && length === plaintext.length
        ? plaintext
        : plaintext.subarray(start, start + length);
      return;
    }
    const sizes = parts.length === 0 ? [size] : parts.map((part) => part.size);
    const spans = partSpans(sizes, start, length);
    const [first] = spans;
    if (first === undefined) return;
    const storedLength = spans.reduce((sum, span) => sum + span.storedLength, 0);
    // In one read: a store that cannot hold bytes fast would miss those of a later part once the object is replaced.
    const stored = new Pieces(handle.read(first.storedOffset, storedLength));
    try {
      for (const span of spans) {
        const part = parts[span.part];
        const key = part === undefined ? objectKey : partKey(objectKey, part.number);
        yield* openDare(aead, key, stored.next(span.storedLength), span, giveBack);
      }
    } finally {
      await stored.close();
    }
  } catch (thrown) {
    throw cryptoFault(thrown);
  }
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk);
  const [first] = list;
  return list.length === 1 && first !== undefined ? first : Buffer.concat(list);
}
