import { CUSTOMER_ALGORITHM, SSE_HEADER } from "../../http/sse-headers.ts";
import { CHECKSUM_ALGORITHMS, type Metadata, type StoredChecksum } from "../store.ts";
import { foreign } from "./client/foreign.ts";
import { encryptionOf } from "./encryption-headers.ts";
import { metadataOf } from "./metadata-headers.ts";

/** What a backend tells of one of its objects. */
export interface RemoteObject {
  /** Bytes of the whole object. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Of a versioned bucket. */
  readonly versionId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
  readonly metadata: Metadata;
  readonly checksum: StoredChecksum | undefined;
  /** SSE headers, for an answer. */
  readonly encryption: Readonly<Record<string, string>>;
}

const CHECKSUMS = new Map(
  CHECKSUM_ALGORITHMS.map((algorithm) => [checksumHeader(algorithm), algorithm] as const),
);

/** The header of a checksum, in lower case. */
export function checksumHeader(algorithm: StoredChecksum["algorithm"]): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/**
 * The object that the headers of an answer describe.
 * @param size of the whole object, whatever piece of it the answer holds
 * @throws S3Error InternalError as `etagOf`
 */
export function remoteObject(headers: ReadonlyMap<string, string>, size: number): RemoteObject {
  const date = Date.parse(headers.get("last-modified") ?? headers.get("date") ?? "");
  return {
    size,
    etag: etagOf(headers),
    versionId: versionOf(headers),
    lastModified: Number.isNaN(date) ? 0 : date,
    metadata: metadataOf(headers),
    checksum: checksumOf(headers),
    encryption: encryptionOf(headers),
  };
}

/** The version that an answer names, `undefined` where the bucket keeps none. */
export function versionOf(headers: ReadonlyMap<string, string>): string | undefined {
  const version = headers.get("x-amz-version-id");
  return version === undefined || version === "null" ? undefined : version;
}

/**
 * The ETag that an answer tells, without its quotes. Without one nothing that follows would be sure to be about the same
 * object.
 * @throws S3Error InternalError when it tells none
 */
export function etagOf(headers: ReadonlyMap<string, string>): string {
  const etag = unquoted(headers.get("etag") ?? "");
  if (etag === "") throw foreign("no ETag");
  return etag;
}

/** An ETag without its quotes. */
export function unquoted(etag: string): string {
  return etag.trim().replace(/^(?:W\/)?"(.*)"$/, "$1");
}

/** Whether an ETag is the MD5 of the object's bytes. */
export function isMd5({ etag, encryption }: Pick<RemoteObject, "etag" | "encryption">): boolean {
  const method = encryption[SSE_HEADER] ?? "AES256";
  const customer = CUSTOMER_ALGORITHM in encryption;
  return /^[0-9a-f]{32}$/.test(etag) && method === "AES256" && !customer;
}

function checksumOf(headers: ReadonlyMap<string, string>): StoredChecksum | undefined {
  for (const [name, algorithm] of CHECKSUMS) {
    const value = headers.get(name);
    if (value === undefined) continue;
    const composite = headers.get("x-amz-checksum-type") === "COMPOSITE" || value.includes("-");
    return { algorithm, type: composite ? "COMPOSITE" : "FULL_OBJECT", value };
  }
  return undefined;
}
