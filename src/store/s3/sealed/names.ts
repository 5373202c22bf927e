import { Buffer } from "node:buffer";

/**
 * Where a gateway keeps what it encrypts (minio-formats 9.3): bytes and metadata of the object `KEY` are two objects of
 * the backend below `KEY/.minio/`, and so is what it remembers of unfinished uploads.
 */
const FOLDER = "/.minio/";
const DATA = `${FOLDER}data`;
const META = `${FOLDER}dare.meta`;
/** Bytes of the longest name in S3. */
const MAX_NAME = 1024;

/** Bytes of an object. */
export function dataKey(key: string): string {
  return `${key}${DATA}`;
}

/** What is known of an object. */
export function metaKey(key: string): string {
  return `${key}${META}`;
}

/** The backend's id of an upload, from the one that clients have, which may end with a mark. */
export function backendUploadId(uploadId: string): string {
  return uploadId.replace(/~[a-z]+$/, "");
}

/** Everything that is kept of an unfinished upload begins with this. @param uploadId the backend's */
export function uploadFolder(key: string, uploadId: string): string {
  return `${key}${FOLDER}${uploadId}/`;
}

/** What is known of the object that an upload is to become. @param uploadId the backend's */
export function uploadMetaKey(key: string, uploadId: string): string {
  return `${uploadFolder(key, uploadId)}dare.meta`;
}

/** What is known of one part. @param uploadId the backend's */
export function partMetaKey(key: string, uploadId: string, part: number): string {
  return `${uploadFolder(key, uploadId)}${part}/part.meta`;
}

/** Whether S3 has room for a name: where it has not, nothing can be. */
export function fits(name: string): boolean {
  return Buffer.byteLength(name) <= MAX_NAME;
}

/** What a name of the backend is to the gateway. */
export interface OwnName {
  /** The key of the object that it belongs to. */
  readonly key: string;
  readonly kind: "data" | "meta" | "upload";
}

const OWN_NAME = /^(.+)\/\.minio\/(?:(data)|(dare\.meta)|[^/]+\/(?:dare\.meta|[1-9]\d{0,4}\/part\.meta))$/s;

/** Reads a name of the backend. `undefined` for any that a client may give: one with `.minio` in it is nothing special. */
export function ownName(name: string): OwnName | undefined {
  const [match, key = "", data, meta] = OWN_NAME.exec(name) ?? [];
  if (match === undefined) return undefined;
  return { key, kind: data !== undefined ? "data" : meta !== undefined ? "meta" : "upload" };
}

/** The key of the object that an upload of the backend makes, when it is one of the gateway's own. */
export function keyOfData(name: string): string | undefined {
  return name.endsWith(DATA) && name.length > DATA.length ? name.slice(0, -DATA.length) : undefined;
}
