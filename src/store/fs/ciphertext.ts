import { Buffer } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { HEADER_SIZE, OVERHEAD, parseFrame, PAYLOAD_SIZE } from "../../crypto/dare.ts";
import type { Metadata } from "../store.ts";

/** Any of these in the metadata says that the bytes are encrypted (minio-formats section 5). */
export function isEncrypted(metadata: Metadata): boolean {
  return Object.keys(metadata).some((name) =>
    name.startsWith("X-Minio-Internal-Server-Side-Encryption-") ||
    name === "X-Minio-Internal-Encrypted-Multipart"
  );
}

/**
 * Whether a file without metadata is a DARE stream by its looks: an encrypted object that lost its keys. Its first
 * package is all of it, or full with another one behind it.
 * @param size bytes of the file
 */
export async function looksEncrypted(handle: FileHandle, size: number): Promise<boolean> {
  const first = await frameAt(handle, 0);
  if (first === undefined) return false;
  const end = first.length + OVERHEAD;
  if (end === size) return true;
  if (first.length !== PAYLOAD_SIZE || end > size) return false;
  const second = await frameAt(handle, end);
  return second?.version === first.version && second.cipher === first.cipher;
}

async function frameAt(handle: FileHandle, position: number) {
  const header = Buffer.alloc(HEADER_SIZE);
  const { bytesRead } = await handle.read(header, 0, HEADER_SIZE, position);
  if (bytesRead < HEADER_SIZE) return undefined;
  try {
    return parseFrame(header);
  } catch {
    return undefined;
  }
}
