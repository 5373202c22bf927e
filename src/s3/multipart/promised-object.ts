import { S3Error } from "../../errors/s3-error.ts";
import type { RequestHeaders } from "../../http/headers.ts";
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, type ChecksumPlan } from "../../store/store.ts";
import { checksumHeader, digestName } from "../checksums.ts";

/** What the headers of CompleteMultipartUpload promise of the finished object. */
export interface PromisedObject {
  /** Bytes. */
  readonly size: number | undefined;
  /** As sent, in upper case. */
  readonly checksumType: string | undefined;
  /** Values of the whole object, as sent. */
  readonly checksums: ReadonlyMap<ChecksumAlgorithm, string>;
}

/** @throws S3Error InvalidRequest */
export function promisedObject(headers: RequestHeaders): PromisedObject {
  const checksums = new Map<ChecksumAlgorithm, string>();
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = headers.get(checksumHeader(algorithm));
    if (value !== undefined) checksums.set(algorithm, value);
  }
  return {
    size: promisedSize(headers.get("x-amz-mp-object-size")),
    checksumType: headers.get("x-amz-checksum-type")?.toUpperCase(),
    checksums,
  };
}

function promisedSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new S3Error("InvalidRequest", { message: "Value for x-amz-mp-object-size header is invalid." });
}

/** @throws S3Error InvalidRequest when the object turned out to have another size */
export function checkSize({ size }: PromisedObject, actual: number): void {
  if (size === undefined || size === actual) return;
  throw new S3Error("InvalidRequest", {
    message:
      `The provided 'x-amz-mp-object-size' header value ${size} does not match what was computed: ${actual}`,
  });
}

/**
 * Checks that the upload has every kind of checksum that is promised.
 * @throws S3Error InvalidRequest
 */
export function checkPlan({ checksumType, checksums }: PromisedObject, plan: ChecksumPlan | undefined): void {
  if (checksumType !== undefined && checksumType !== plan?.type) {
    throw new S3Error("InvalidRequest", {
      message: `The upload was created using the ${plan?.type ?? "null"} checksum mode. ` +
        "The complete request must use the same checksum mode.",
    });
  }
  for (const algorithm of checksums.keys()) {
    if (algorithm === plan?.algorithm) continue;
    throw new S3Error("InvalidRequest", {
      message: `Checksum Type mismatch occurred, expected checksum Type: ${
        plan === undefined ? "null" : digestName(plan.algorithm)
      }, actual checksum Type: ${digestName(algorithm)}`,
    });
  }
}

/**
 * Compares the promised checksum with the real one.
 * @param actual base64, with `-N` when composite; some clients promise it without that number
 * @throws S3Error BadDigest
 */
export function checkChecksum({ checksums }: PromisedObject, plan: ChecksumPlan, actual: string): void {
  const promised = checksums.get(plan.algorithm);
  if (promised === undefined || promised === actual || promised === actual.split("-")[0]) return;
  throw new S3Error("BadDigest", {
    message: `The ${plan.algorithm} you specified did not match the calculated checksum.`,
  });
}
