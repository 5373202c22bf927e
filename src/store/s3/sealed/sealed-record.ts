import { decryptedSize } from "../../../crypto/dare.ts";
import { CryptoError } from "../../../crypto/errors.ts";
import { S3Error } from "../../../errors/s3-error.ts";
import type { ObjectPart, ObjectRecord } from "../../store.ts";
import type { DareMeta } from "./dare-meta.ts";

/** A document of a backend, and how the backend names this very version of it. */
export interface FoundMeta {
  readonly meta: DareMeta;
  readonly etag: string;
}

const PREFIX = "sealed:";

/** The record of an object that a gateway encrypted. @throws S3Error XMinioObjectTampered for impossible sizes */
export function sealedRecord(bucket: string, key: string, { meta, etag }: FoundMeta): ObjectRecord {
  const { own } = meta;
  const parts = meta.parts.map((part, i): ObjectPart => {
    const known = own?.parts?.[i];
    return {
      number: part.number,
      size: known?.size ?? plaintextSize(part.size),
      storedSize: part.size,
      etag: known?.etag ?? part.etag,
      ...(known?.checksum === undefined ? {} : { checksum: known.checksum }),
    };
  });
  return {
    bucket,
    key,
    revision: `${PREFIX}${etag}`,
    lastModified: meta.modified ?? 0,
    size: own?.size ??
      (parts.length === 0 ? plaintextSize(meta.size) : parts.reduce((sum, part) => sum + part.size, 0)),
    storedSize: meta.size,
    etag: meta.etag,
    metadata: meta.metadata,
    ...(own?.checksum === undefined ? {} : { checksum: own.checksum }),
    parts,
    ...(own?.uploadId === undefined ? {} : { uploadId: own.uploadId }),
  };
}

/** Whether a revision is that of an encrypted object. */
export function isSealedRevision(revision: string): boolean {
  return revision.startsWith(PREFIX);
}

/** Plaintext bytes of a stream. @throws S3Error XMinioObjectTampered */
export function plaintextSize(stored: number): number {
  try {
    return decryptedSize(stored);
  } catch (thrown) {
    if (thrown instanceof CryptoError) throw new S3Error("XMinioObjectTampered", { cause: thrown });
    throw thrown;
  }
}
