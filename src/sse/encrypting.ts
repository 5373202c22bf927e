import { Buffer } from "node:buffer";
import type { Aead } from "../crypto/aead.ts";
import { encryptedSize, PAYLOAD_SIZE } from "../crypto/dare.ts";
import { sealDare, sealSmall } from "../crypto/dare-writer.ts";
import type { Secret } from "../crypto/secret.ts";
import type { Metadata } from "../store/store.ts";
import type { Sealing } from "./sse.ts";

/** How the digests of one write rest. */
export interface DigestsOfWrite {
  readonly needsMd5: boolean;
  /** ETag as stored and as shown, from the MD5 where it is needed. */
  etag(md5: Uint8Array | undefined): { readonly stored: string; readonly shown: string };
  sealChecksum(value: string): string;
}

/**
 * A write whose bytes are sealed as one DARE stream.
 * @param streamKey the object key, or that of the part
 */
export function encryptingSealing(
  aead: Aead,
  streamKey: Secret,
  digests: DigestsOfWrite,
  metadata: Metadata,
  replyHeaders: Readonly<Record<string, string>>,
): Sealing {
  return {
    replyHeaders,
    metadata,
    needsMd5: digests.needsMd5,
    storedSize: encryptedSize,
    seal: (plaintext, size) =>
      size !== undefined && size <= PAYLOAD_SIZE
        ? sealedWhole(aead, streamKey, plaintext, size)
        : sealDare(aead, streamKey, plaintext),
    etag: digests.etag,
    sealChecksum: digests.sealChecksum,
  };
}

/** One package does not need the machinery of a stream. */
async function* sealedWhole(
  aead: Aead,
  key: Secret,
  plaintext: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of plaintext) {
    received += chunk.length;
    if (received > size) throw new RangeError("more plaintext than was announced");
    chunks.push(chunk);
  }
  if (received !== size) throw new RangeError("less plaintext than was announced");
  const whole = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  if (size > 0) yield await sealSmall(aead, key, whole);
}
