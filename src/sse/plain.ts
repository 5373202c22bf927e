import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import { S3Error } from "../errors/s3-error.ts";
import type { RequestHeaders } from "../http/headers.ts";
import { requireKms } from "./object-key.ts";
import { refuseEncryption } from "./refuse.ts";
import type { ObjectRecord } from "../store/store.ts";
import type { ObjectView, PartEtags, Rotation, Sealing, Sse } from "./sse.ts";

/** Nothing encrypted: stored bytes are the plaintext. Requests that ask for encryption are refused. */
export function plainSse(): Sse {
  return {
    requireKms: () => void requireKms(undefined),
    forWrite: async (request) => (refuseEncryption(request.headers, request.secure), PLAIN_SEALING),
    forNewUpload: async (request) => (refuseEncryption(request.headers, request.secure), PLAIN_SEALING),
    forPart: async (request) => (refuseEncryption(request.headers, request.secure), PLAIN_SEALING),
    forUpload: async () => PLAIN_PARTS,
    view: async (request, record) => {
      refuseEncryptionOfRead(request.headers, request.secure);
      return plainView(record);
    },
    viewCopySource: async (_request, record) => plainView(record),
    rotate: async (request) => (refuseEncryption(request.headers, request.secure), NO_ROTATION),
    listedEtags: async (objects) => objects.map((object) => object.etag),
  };
}

const NO_ROTATION: Rotation = { replyHeaders: {}, metadata: {}, changes: false };

/** The sealing that leaves everything as it is. */
export const PLAIN_SEALING: Sealing = {
  replyHeaders: {},
  metadata: {},
  needsMd5: true,
  storedSize: (size) => size,
  seal: (plaintext) => plaintext,
  etag(md5) {
    if (md5 === undefined) {
      throw new S3Error("InternalError", { cause: "the MD5 of a plain object is missing" });
    }
    const hex = Buffer.from(md5).toString("hex");
    return { stored: hex, shown: hex };
  },
  sealChecksum: (value) => value,
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
  finishedMetadata: () => ({}),
  sealChecksum: (value) => value,
};

/** `MD5(part MD5s)-N`, from the stored hexadecimal ETags of the parts (minio-formats section 6). */
export function multipartEtag(storedEtags: readonly string[]): string {
  const hash = createHash("md5");
  for (const etag of storedEtags) hash.update(Buffer.from(etag, "hex"));
  return `${hash.digest("hex")}-${storedEtags.length}`;
}

/**
 * The view of an object that is not encrypted.
 * @throws S3Error XMinioObjectTampered when its sizes say that it is
 */
export function plainView({ etag, checksum, size, storedSize }: ObjectRecord): ObjectView {
  if (size !== storedSize) {
    throw new S3Error("XMinioObjectTampered", {
      cause: new Error("an object without encryption has two sizes"),
    });
  }
  return {
    replyHeaders: {},
    etag,
    checksum: checksum?.value,
    openChecksum: (stored) => stored,
    read: (handle, start, length) => handle.read(start, length),
  };
}

function refuseEncryptionOfRead(headers: RequestHeaders, secure: boolean): void {
  if (headers.has("x-amz-server-side-encryption")) {
    throw new S3Error("InvalidArgument", {
      message: "x-amz-server-side-encryption header is not supported for this operation.",
    });
  }
  refuseEncryption(headers, secure);
}
