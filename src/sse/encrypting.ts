import { Buffer } from "node:buffer";
import type { Aead } from "../crypto/aead.ts";
import { encryptedSize, PAYLOAD_SIZE } from "../crypto/dare.ts";
import { sealDare, sealSmall } from "../crypto/dare-writer.ts";
import { giveBack } from "../crypto/give-back.ts";
import type { ObjectName } from "../crypto/kdf.ts";
import type { Secret } from "../crypto/secret.ts";
import type { BackendEncryption, Metadata } from "../store/store.ts";
import type { DigestsOfWrite } from "./digests.ts";
import { sealRecord } from "./record-seal.ts";
import type { Sealing } from "./sse.ts";

/** One encrypted write. */
export interface EncryptedWrite {
  readonly aead: Aead;
  readonly object: ObjectName;
  /** The object key, or that of the part. */
  readonly streamKey: Secret;
  readonly digests: DigestsOfWrite;
  readonly metadata: Metadata;
  readonly replyHeaders: Readonly<Record<string, string>>;
  readonly sealsRecord: boolean;
  /** What another server is asked for on top. */
  readonly backend: BackendEncryption | undefined;
}

/** A write whose bytes are sealed as one DARE stream. */
export function encryptingSealing(write: EncryptedWrite): Sealing {
  const { aead, object, streamKey, digests, metadata, replyHeaders } = write;
  return {
    replyHeaders,
    metadata,
    ...(write.backend === undefined ? {} : { backend: write.backend }),
    needsMd5: digests.needsMd5,
    storedSize: encryptedSize,
    seal: (plaintext, size) =>
      size !== undefined && size <= PAYLOAD_SIZE
        ? sealedWhole(aead, streamKey, plaintext, size)
        : sealDare(aead, streamKey, plaintext, giveBack),
    etag: digests.etag,
    sealChecksum: (value) => digests.rest.seal("checksum", value, object),
    sealRecord: (attributes) =>
      write.sealsRecord ? sealRecord(digests.rest, object, attributes, []) : attributes,
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
