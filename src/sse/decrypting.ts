import { Buffer } from "node:buffer";
import type { Aead } from "../crypto/aead.ts";
import { encryptedSize, PACKAGE_SIZE } from "../crypto/dare.ts";
import { openDare, openSmall } from "../crypto/dare-reader.ts";
import { partSpans } from "../crypto/dare-span.ts";
import { partKey } from "../crypto/kdf.ts";
import type { Secret } from "../crypto/secret.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { ObjectHandle, ObjectRecord } from "../store/store.ts";
import { cryptoFault } from "./object-key.ts";

/**
 * Checks that the sizes of an encrypted object are those of its DARE streams.
 * @throws S3Error XMinioObjectTampered
 */
export function checkSizes(record: ObjectRecord): void {
  const pieces = record.parts.length === 0 ? [record] : record.parts;
  for (const { size, storedSize } of pieces) {
    if (size < 0 || encryptedSize(size) !== storedSize) {
      throw new S3Error("XMinioObjectTampered", {
        cause: new Error("the sizes of the object do not belong together"),
      });
    }
  }
}

/**
 * Plaintext `[start, start + length)` of an encrypted object. Only the packages that hold it are read; a byte is yielded
 * only after its package was verified.
 * @param multipart whether every part has a key of its own
 * @throws S3Error XMinioObjectTampered
 */
export async function* decrypt(
  aead: Aead,
  objectKey: Secret,
  handle: ObjectHandle,
  multipart: boolean,
  start: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  const { parts, size, storedSize } = handle.record;
  if (length === 0) return;
  try {
    if (parts.length === 0 && !multipart && storedSize <= PACKAGE_SIZE) {
      const plaintext = await openSmall(aead, objectKey, await whole(handle.read(0, storedSize)));
      yield start === 0 && length === plaintext.length
        ? plaintext
        : plaintext.subarray(start, start + length);
      return;
    }
    const sizes = parts.length === 0 ? [size] : parts.map((part) => part.size);
    for (const span of partSpans(sizes, start, length)) {
      const key = multipart ? partKey(objectKey, parts[span.part]?.number ?? 1) : objectKey;
      yield* openDare(aead, key, handle.read(span.storedOffset, span.storedLength), span);
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
