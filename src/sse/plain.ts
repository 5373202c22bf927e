import { Buffer } from "node:buffer";
import { S3Error } from "../errors/s3-error.ts";
import { tampered } from "../errors/tampered.ts";
import { multipartEtag } from "../store/multipart-etag.ts";
import type { ObjectRecord, UploadRecord } from "../store/store.ts";
import { isSealedMd5 } from "./digest-rest.ts";
import { actualSizeMetadata, ADOPTION_SEAL, RECORD_SEAL, UPLOAD_SEAL } from "./metadata.ts";
import { isSealedText } from "./sealed-text.ts";
import { checkSizes, type PieceSizes } from "./sizes.ts";
import type { ObjectView, PartEtags, Rotation, Sealing } from "./sse.ts";

/**
 * What the id of an encrypted upload ends with. Clients keep it, so that nobody who can write to the disk can make it
 * forget that the upload is encrypted.
 */
export const ENCRYPTED_UPLOAD = "~sse";

/** The sealing that leaves everything as it is. */
export const PLAIN_SEALING: Sealing = {
  replyHeaders: {},
  metadata: {},
  needsMd5: true,
  storedSize: (size) => size,
  seal: (plaintext) => plaintext,
  etag(md5) {
    if (md5 === undefined) throw new S3Error("InternalError", { cause: new Error("the MD5 is missing") });
    const hex = Buffer.from(md5).toString("hex");
    return { stored: hex, shown: hex };
  },
  sealChecksum: (value) => value,
  sealRecord: (attributes) => attributes,
};

/** Parts that are not encrypted. */
export const PLAIN_PARTS: PartEtags = {
  replyHeaders: {},
  shown: (stored) => stored,
  openChecksum: (stored) => stored,
  finished(storedEtags) {
    const etag = multipartEtag(storedEtags);
    return { stored: etag, shown: etag };
  },
  finishedMetadata: actualSizeMetadata,
  sealChecksum: (value) => value,
  sealRecord: (attributes) => attributes,
};

/** A plain object that stays plain. */
export const PLAIN_ROTATION: Rotation = {
  replyHeaders: {},
  metadata: {},
  changes: false,
  sealRecord: (attributes) => attributes,
};

/**
 * The view of an object that is not encrypted.
 * @throws S3Error XMinioObjectTampered when anything of it says that it was, so that ciphertext whose metadata got lost
 * is never served as if it were plaintext
 */
export function plainView(record: ObjectRecord): ObjectView {
  if (wasEncrypted(record)) throw stripped("an encrypted object");
  checkSizes(record, ({ size, storedSize }: PieceSizes) => size === storedSize);
  return bareView(record);
}

/** The view of an object of which nobody here knows whether it is encrypted: its bytes are what they are. */
export function bareView(record: ObjectRecord): ObjectView {
  return {
    replyHeaders: record.backendHeaders ?? {},
    etag: record.etag,
    checksum: record.checksum?.value,
    openChecksum: (stored) => stored,
    read: (handle, start, length) => handle.read(start, length),
  };
}

/**
 * Looks at an upload whose parts are about to be stored, or shown, as they come.
 * @throws S3Error XMinioObjectTampered when anything of it says that it is an encrypted one
 */
export function checkPlainUpload({ metadata, uploadId }: UploadRecord): void {
  if (UPLOAD_SEAL in metadata || uploadId.endsWith(ENCRYPTED_UPLOAD)) throw stripped("an encrypted upload");
}

function stripped(what: string): S3Error {
  return tampered(`${what} has lost its encryption metadata`);
}

function wasEncrypted({ etag, checksum, metadata, parts }: ObjectRecord): boolean {
  const digests = [etag, checksum?.value, ...parts.flatMap((part) => [part.etag, part.checksum])];
  return [RECORD_SEAL, UPLOAD_SEAL, ADOPTION_SEAL].some((name) => name in metadata) ||
    digests.some((text) => text !== undefined && (isSealedText(text) || isSealedMd5(text)));
}
