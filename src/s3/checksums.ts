import { Buffer } from "node:buffer";
import type { DigestName } from "../digest/digest.ts";
import { beginHash } from "../digest/hashes.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { RequestHeaders } from "../http/headers.ts";
import {
  CHECKSUM_ALGORITHMS,
  type ChecksumAlgorithm,
  type ChecksumPlan,
  type ChecksumType,
} from "../store/store.ts";
import { combineCrcs, type Crc, CRC32, CRC32C, CRC64NVME } from "./checksum-combine.ts";

interface AlgorithmRow {
  readonly digest: DigestName;
  /** Bytes of a value. */
  readonly size: number;
  /** How a multipart object may carry it, its default first. */
  readonly types: readonly ChecksumType[];
  readonly crc?: Crc;
}

const ALGORITHMS: Readonly<Record<ChecksumAlgorithm, AlgorithmRow>> = {
  CRC32: { digest: "crc32", size: 4, types: ["COMPOSITE", "FULL_OBJECT"], crc: CRC32 },
  CRC32C: { digest: "crc32c", size: 4, types: ["COMPOSITE", "FULL_OBJECT"], crc: CRC32C },
  CRC64NVME: { digest: "crc64nvme", size: 8, types: ["FULL_OBJECT"], crc: CRC64NVME },
  SHA1: { digest: "sha1", size: 20, types: ["COMPOSITE"] },
  SHA256: { digest: "sha256", size: 32, types: ["COMPOSITE"] },
};

/** What a request says about the checksum of its body. */
export interface RequestChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Value from a header, base64 of the right length. */
  readonly expected?: string;
  /** Lower-case name of the announced trailing header that will bring the value. */
  readonly trailer?: string;
}

/** Request and response header of a value: `x-amz-checksum-crc32`. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${ALGORITHMS[algorithm].digest}`;
}

/** XML element of a value: `ChecksumCRC32`. */
export function checksumElement(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm}`;
}

/** The digest that makes a value. */
export function digestName(algorithm: ChecksumAlgorithm): DigestName {
  return ALGORITHMS[algorithm].digest;
}

/** Whether text is canonical base64 of a value of this algorithm. */
export function isChecksum(algorithm: ChecksumAlgorithm, text: string): boolean {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === ALGORITHMS[algorithm].size && bytes.toString("base64") === text;
}

/**
 * The checksum that a body comes with: a value in a header, a value announced as trailer, or only the algorithm to
 * compute (`x-amz-sdk-checksum-algorithm`).
 * @param announcedTrailers lower-case names
 * @throws S3Error InvalidRequest for more than one, an unknown one, a malformed value, names that contradict each other,
 * or trailers that are no checksums
 */
export function requestChecksum(
  headers: RequestHeaders,
  announcedTrailers: readonly string[],
): RequestChecksum | undefined {
  refuseUnverified(headers, announcedTrailers);
  const found: RequestChecksum[] = [];
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const name = checksumHeader(algorithm);
    const expected = headers.get(name);
    if (expected !== undefined) {
      if (!isChecksum(algorithm, expected)) throw invalidHeader(name);
      found.push({ algorithm, expected });
    }
    if (announcedTrailers.includes(name)) found.push({ algorithm, trailer: name });
  }
  if (found.length > 1) {
    throw new S3Error("InvalidRequest", {
      message: "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    });
  }
  const named = namedAlgorithm(headers, "x-amz-sdk-checksum-algorithm");
  const [checksum] = found;
  if (checksum === undefined) return named === undefined ? undefined : { algorithm: named };
  if (named !== undefined && named !== checksum.algorithm) {
    throw invalidHeader("x-amz-sdk-checksum-algorithm");
  }
  return checksum;
}

/** Headers about checksums that are no checksum. */
const ABOUT_CHECKSUMS = new Set(["x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"]);
const VALUE_HEADERS = new Set(CHECKSUM_ALGORITHMS.map(checksumHeader));

/** A checksum that nobody would look at, and a trailing header that would be lost, must not seem to have been taken. */
function refuseUnverified(headers: RequestHeaders, announcedTrailers: readonly string[]): void {
  for (const name of headers.names()) {
    if (!name.startsWith("x-amz-checksum-") || VALUE_HEADERS.has(name) || ABOUT_CHECKSUMS.has(name)) continue;
    throw new S3Error("InvalidRequest", {
      message: `The checksum of ${name} is none of [${CHECKSUM_ALGORITHMS.join(", ")}].`,
    });
  }
  if (announcedTrailers.every((name) => VALUE_HEADERS.has(name))) return;
  throw new S3Error("InvalidRequest", {
    message: "The value specified in the x-amz-trailer header is not supported",
  });
}

/**
 * The algorithm asked for by `x-amz-checksum-algorithm` (CreateMultipartUpload, CopyObject).
 * @throws S3Error InvalidRequest for one that does not exist
 */
export function checksumAlgorithm(headers: RequestHeaders): ChecksumAlgorithm | undefined {
  return namedAlgorithm(headers, "x-amz-checksum-algorithm");
}

/**
 * What CreateMultipartUpload asks for with `x-amz-checksum-algorithm` and `x-amz-checksum-type`.
 * @throws S3Error InvalidRequest for unknown names and for pairs that do not exist
 */
export function checksumPlan(headers: RequestHeaders): ChecksumPlan | undefined {
  const algorithm = checksumAlgorithm(headers);
  const type = headers.get("x-amz-checksum-type")?.toUpperCase();
  if (algorithm === undefined) {
    if (type === undefined) return undefined;
    throw new S3Error("InvalidRequest", {
      message: "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
    });
  }
  const { types, digest } = ALGORITHMS[algorithm];
  const chosen = type === undefined ? types[0] : types.find((possible) => possible === type);
  if (chosen !== undefined) return { algorithm, type: chosen };
  if (type !== "FULL_OBJECT" && type !== "COMPOSITE") throw invalidHeader("x-amz-checksum-type");
  throw new S3Error("InvalidRequest", {
    message: `The ${type} checksum type cannot be used with the ${digest} checksum algorithm.`,
  });
}

/**
 * Checksum of checksums: `<base64>-<number of parts>`.
 * @param values base64, in the order of the parts
 */
export function compositeChecksum(algorithm: ChecksumAlgorithm, values: readonly string[]): string {
  const bytes = Buffer.concat(values.map((value) => Buffer.from(value, "base64")));
  return `${digestText(algorithm, bytes)}-${values.length}`;
}

/**
 * Checksum of the whole object, base64, from those of its parts and their sizes in bytes.
 * @throws TypeError for an algorithm that is not a CRC
 */
export function combineFullObject(
  algorithm: ChecksumAlgorithm,
  parts: readonly { readonly value: string; readonly size: number }[],
): string {
  const { crc } = ALGORITHMS[algorithm];
  if (crc === undefined) throw new TypeError(`${algorithm} of parts cannot be combined`);
  const pieces = parts.map(({ value, size }) => ({ value: Buffer.from(value, "base64"), size }));
  return Buffer.from(combineCrcs(crc, pieces)).toString("base64");
}

function digestText(algorithm: ChecksumAlgorithm, bytes: Uint8Array): string {
  const hash = beginHash(ALGORITHMS[algorithm].digest);
  hash.update(bytes);
  return Buffer.from(hash.digest()).toString("base64");
}

function namedAlgorithm(headers: RequestHeaders, header: string): ChecksumAlgorithm | undefined {
  const name = headers.get(header);
  if (name === undefined) return undefined;
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name.toUpperCase());
  if (algorithm !== undefined) return algorithm;
  throw header === "x-amz-checksum-algorithm"
    ? new S3Error("InvalidRequest", {
      message: `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${
        CHECKSUM_ALGORITHMS.join(", ")
      }]`,
    })
    : invalidHeader(header);
}

function invalidHeader(name: string): S3Error {
  return new S3Error("InvalidRequest", { message: `Value for ${name} header is invalid.` });
}
