import { createHash } from "node:crypto";
import { SYSTEM_DIRECTORY } from "../layouts.ts";

/** The file that keeps an object's or upload's metadata. */
export const METADATA_FILE = "fs.json";

/**
 * Where everything is in a directory of MinIO's FS layout (minio-formats section 8). What MinIO knows nothing of lives
 * in `.minio.sys/minio-ts`. All keys must have passed `checkObjectName`.
 */
export class Layout {
  /** Without symbolic links. */
  readonly root: string;
  readonly system: string;
  readonly formatFile: string;
  /** Uploads: `<sha256 of bucket/key>/<upload id>/`. */
  readonly multipart: string;
  /** Staging: a directory for each process. */
  readonly tmp: string;
  /** Of this program alone. */
  readonly own: string;
  readonly locks: string;

  constructor(root: string) {
    this.root = root;
    this.system = `${root}/${SYSTEM_DIRECTORY}`;
    this.formatFile = `${this.system}/format.json`;
    this.multipart = `${this.system}/multipart`;
    this.tmp = `${this.system}/tmp`;
    this.own = `${this.system}/minio-ts`;
    this.locks = `${this.own}/locks`;
  }

  bucket(bucket: string): string {
    return `${this.root}/${bucket}`;
  }

  /** The file of an object. A key with a slash at its end is a directory. */
  data(bucket: string, key: string): string {
    return `${this.root}/${bucket}/${withoutSlash(key)}`;
  }

  /** Metadata of a bucket and of its objects. */
  bucketMetadata(bucket: string): string {
    return `${this.system}/buckets/${bucket}`;
  }

  /** The directory that holds the metadata file of an object. */
  metadataDirectory(bucket: string, key: string): string {
    return `${this.bucketMetadata(bucket)}/${key}`;
  }

  metadata(bucket: string, key: string): string {
    return `${this.metadataDirectory(bucket, key)}/${METADATA_FILE}`;
  }

  /** Uploads of one key. */
  uploadsOf(bucket: string, key: string): string {
    return `${this.multipart}/${createHash("sha256").update(`${bucket}/${key}`).digest("hex")}`;
  }

  upload(bucket: string, key: string, uploadId: string): string {
    return `${this.uploadsOf(bucket, key)}/${uploadId}`;
  }

  /** What MinIO's upload directories have no place for: checksums of parts. */
  partChecksums(uploadId: string): string {
    return `${this.own}/uploads/${uploadId}`;
  }

  /** Documents of a bucket that give way to the metadata of an object with the same name. */
  displacedDocuments(bucket: string): string {
    return `${this.own}/documents/${bucket}`;
  }

  /** Bytes on their way to become an object. @param staging name of a process's staging directory */
  staged(staging: string, id: string): string {
    return `${this.tmp}/${staging}/${id}`;
  }
}

function withoutSlash(key: string): string {
  return key.endsWith("/") ? key.slice(0, -1) : key;
}
