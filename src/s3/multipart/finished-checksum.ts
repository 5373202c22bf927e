import { S3Error } from "../../errors/s3-error.ts";
import type { RequestHeaders } from "../../http/headers.ts";
import type { PartEtags } from "../../sse/sse.ts";
import type { ChecksumPlan, PartRecord } from "../../store/store.ts";
import { checksumHeader, combineFullObject, compositeChecksum } from "../checksums.ts";

/**
 * The checksum (base64, `-N` when composite) of an object made of parts, checked against what the client sends of it.
 * @returns `undefined` when the upload has none, or its parts' checksums cannot be read here
 * @throws S3Error InvalidRequest, BadDigest
 */
export function finishedChecksum(
  headers: RequestHeaders,
  plan: ChecksumPlan | undefined,
  parts: readonly PartRecord[],
  etags: PartEtags,
): string | undefined {
  const type = headers.get("x-amz-checksum-type")?.toUpperCase();
  if (type !== undefined && type !== plan?.type) {
    throw new S3Error("InvalidRequest", {
      message: `The upload was created using the ${plan?.type ?? "default"} checksum mode. ` +
        "The complete request must use the same checksum mode.",
    });
  }
  if (plan === undefined) return undefined;
  const pieces: { readonly value: string; readonly size: number }[] = [];
  for (const { checksum, size } of parts) {
    const value = checksum === undefined ? undefined : etags.openChecksum(checksum);
    if (value === undefined) return undefined;
    pieces.push({ value, size });
  }
  const { algorithm } = plan;
  const value = plan.type === "FULL_OBJECT"
    ? combineFullObject(algorithm, pieces)
    : compositeChecksum(algorithm, pieces.map((piece) => piece.value));
  const told = headers.get(checksumHeader(algorithm));
  // Some clients send a composite checksum without the number of its parts.
  if (told !== undefined && told !== value && `${told}-${pieces.length}` !== value) {
    throw new S3Error("BadDigest", {
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    });
  }
  return value;
}
