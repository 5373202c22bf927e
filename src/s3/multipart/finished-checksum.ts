import { S3Error } from "../../errors/s3-error.ts";
import type { ChecksumPlan, ObjectPart, StoredChecksum } from "../../store/store.ts";
import { combineFullObject, compositeChecksum } from "../checksums.ts";
import type { ChosenPart } from "./chosen-parts.ts";

/**
 * The checksum of an object made of these parts, as the client sees it.
 * @throws S3Error InvalidPartOrder: a composite checksum tells the number of parts and not theirs, so they have to
 * count from 1 without gaps
 */
export function finishedChecksum(
  { algorithm, type }: ChecksumPlan,
  parts: readonly ChosenPart<ObjectPart>[],
): StoredChecksum {
  const pieces = parts.map(({ part, checksum = "" }) => ({ value: checksum, size: part.size }));
  if (type === "FULL_OBJECT") return { algorithm, type, value: combineFullObject(algorithm, pieces) };
  if (parts.some(({ part }, i) => part.number !== i + 1)) {
    throw new S3Error("InvalidPartOrder", {
      message: "The parts of an upload with a composite checksum must be numbered from 1 without gaps.",
    });
  }
  return { algorithm, type, value: compositeChecksum(algorithm, pieces.map(({ value }) => value)) };
}
