import type { RequestHeaders } from "../http/headers.ts";
import type {
  BackendEncryption,
  ListedObject,
  Metadata,
  ObjectAttributes,
  ObjectHandle,
  ObjectPart,
  ObjectRecord,
  UploadRecord,
} from "../store/store.ts";
import type { CustomerKeyPlace } from "./customer-key.ts";
import type { Rewrap } from "./rewrap.ts";

/**
 * The step between operations and store: decides from the headers of a request what encryption it means, and turns
 * plaintext into what is stored and back. Operations speak plaintext sizes and offsets, the store speaks stored ones;
 * only this step knows both.
 */
export interface Sse {
  /**
   * The key that new objects are encrypted under.
   * @throws S3Error InvalidArgument where there is no KMS, so that nothing could be encrypted with its keys
   */
  requireKms(): { readonly keyId: string };
  /** @throws S3Error InvalidArgument where no bucket can have its objects encrypted by default */
  requireDefault(): void;
  /** What PutObject, CopyObject or PostObject asks for. */
  forWrite(request: SseRequest): Promise<Sealing>;
  /**
   * What CreateMultipartUpload asks for.
   * @param given the metadata that the client gave
   * @returns all metadata to keep with the upload, the SSE headers of the answer, and what the upload's id is to end with
   */
  forNewUpload(
    request: SseRequest,
    given: Metadata,
  ): Promise<Pick<Sealing, "metadata" | "replyHeaders" | "backend"> & { readonly idMark?: string }>;
  /** The same for one part of an upload that was begun with `upload.metadata`. */
  forPart(request: SseRequest, upload: UploadRecord, partNumber: number): Promise<Sealing>;
  /** How the ETags of an upload's parts look to the client that is to name them again. */
  forUpload(request: SseRequest, upload: UploadRecord): Promise<PartEtags>;
  /** What the store has to ask another server with for the object, or for the source of a copy. */
  forRead(request: SseRequest, place?: CustomerKeyPlace): BackendEncryption | undefined;
  /** The plaintext view of a record for Get, Head and GetObjectAttributes. */
  view(request: SseRequest, record: ObjectRecord): Promise<ObjectView>;
  /** The same for the source of a copy, whose key comes in the copy-source headers. */
  viewCopySource(request: SseRequest, record: ObjectRecord): Promise<ObjectView>;
  /**
   * New keys for an object that is copied onto itself, under which its bytes can stay as they are; `undefined` where the
   * bytes have to be written anew.
   */
  rotate(request: SseRequest, record: ObjectRecord): Promise<Rotation | undefined>;
  /** Seals the data key of an object under the current key of the KMS. @throws as `rewrapObjectKey` */
  rewrap(record: ObjectRecord): Promise<Rewrap<{ readonly attributes: ObjectAttributes }>>;
  /** The same for an unfinished upload. */
  rewrapUpload(upload: UploadRecord): Promise<Rewrap<{ readonly metadata: Metadata }>>;
  /** Reads a whole object through all that proves it. @throws as `verifyObject` */
  verify(handle: ObjectHandle, passed: (bytes: number) => void): Promise<void>;
  /** ETags of listed objects as clients see them, in the order given. */
  listedEtags(objects: readonly ListedObject[], bucket: string): Promise<readonly string[]>;
}

export interface SseRequest {
  readonly headers: RequestHeaders;
  readonly secure: boolean;
  readonly bucket: string;
  readonly key: string;
}

/** One write in one kind of encryption (or none). */
export interface Sealing {
  /** SSE headers of the answer. */
  readonly replyHeaders: Readonly<Record<string, string>>;
  /** Internal metadata to keep with the object or upload. */
  readonly metadata: Metadata;
  /** What the store is to ask of another server. */
  readonly backend?: BackendEncryption;
  /** Whether the ETag is the MD5 of the plaintext, so that it must be computed. */
  readonly needsMd5: boolean;
  /** Stored bytes for `size` bytes of plaintext. */
  storedSize(size: number): number;
  /**
   * Plaintext in, stored bytes out, pulled by the consumer.
   * @param size bytes of plaintext, where that is known
   */
  seal(plaintext: AsyncIterable<Uint8Array>, size: number | undefined): AsyncIterable<Uint8Array>;
  /** The ETag as it rests and as the client sees it, from the MD5 (16 bytes) of the plaintext where it is needed. */
  etag(md5: Uint8Array | undefined): { readonly stored: string; readonly shown: string };
  /** A checksum value (base64) as it rests. */
  sealChecksum(value: string): string;
  /** The attributes of the whole object, complete, with what proves later that nobody changed them. */
  sealRecord(attributes: ObjectAttributes): ObjectAttributes;
}

/** What replaces the sealed parts of a record when its keys change. */
export interface Rotation {
  readonly replyHeaders: Readonly<Record<string, string>>;
  /** All internal metadata. */
  readonly metadata: Metadata;
  /** Whether anything is sealed anew; false for a plain object that stays plain. */
  readonly changes: boolean;
  /** What the store is to ask of another server. */
  readonly backend?: BackendEncryption;
  /** As `Sealing.sealRecord`, for the attributes that replace the old ones. */
  sealRecord(attributes: ObjectAttributes): ObjectAttributes;
}

/** Part ETags between their stored and their shown form. */
export interface PartEtags {
  readonly replyHeaders: Readonly<Record<string, string>>;
  shown(storedEtag: string): string;
  /** Opens the checksum of a part; `undefined` where that takes a customer's key that did not come along. */
  openChecksum(stored: string): string | undefined;
  /** ETag of the finished object, from the stored ETags of its parts in order. */
  finished(storedEtags: readonly string[]): { readonly stored: string; readonly shown: string };
  /** Internal metadata of the finished object beside that of the upload. @param size bytes of plaintext */
  finishedMetadata(size: number): Metadata;
  /** The checksum of the finished object as it rests. */
  sealChecksum(value: string): string;
  /** As `Sealing.sealRecord`. @param parts those of the finished object, in order */
  sealRecord(attributes: ObjectAttributes, parts: readonly ObjectPart[]): ObjectAttributes;
}

/** An object in plaintext terms. */
export interface ObjectView {
  readonly replyHeaders: Readonly<Record<string, string>>;
  readonly etag: string;
  /** Checksum value (base64, `-N` after composite ones), if the object has one. */
  readonly checksum: string | undefined;
  /** Opens the checksum of one part of the record. */
  openChecksum(stored: string): string;
  /** Plaintext `[start, start + length)`; every byte verified before it is yielded. Chunks belong to who iterates. */
  read(handle: ObjectHandle, start: number, length: number): AsyncIterable<Uint8Array>;
}
