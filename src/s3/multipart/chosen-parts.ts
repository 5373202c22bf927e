import { S3Error } from "../../errors/s3-error.ts";
import type { PartEtags } from "../../sse/sse.ts";
import type { ChecksumPlan, ObjectPart } from "../../store/store.ts";
import type { NamedPart } from "./completed-parts.ts";
import { MAX_OBJECT_SIZE, MIN_PART_SIZE } from "./limits.ts";

/** A part that was found as the client named it. */
export interface ChosenPart<Part extends ObjectPart> {
  readonly part: Part;
  /** Base64; present for every part of an upload with a checksum. */
  readonly checksum: string | undefined;
}

/**
 * The parts that the client names, checked: each one there with that ETag and checksum, and large enough.
 * @param plan the checksum of the upload. Without one nothing is kept that the client's values could be compared
 * with: they were when each part arrived
 * @throws S3Error InvalidPart, EntityTooSmall, EntityTooLarge; InvalidRequest when the checksums cannot be opened
 */
export function chooseParts<Part extends ObjectPart>(
  named: readonly NamedPart[],
  available: Iterable<Part>,
  etags: PartEtags,
  plan: ChecksumPlan | undefined,
): readonly ChosenPart<Part>[] {
  const byNumber = new Map<number, Part>();
  for (const part of available) byNumber.set(part.number, part);
  const chosen = named.map((name) => choose(name, byNumber.get(name.number), etags, plan));

  let total = 0;
  chosen.forEach(({ part }, i) => {
    total += part.size;
    if (part.size < MIN_PART_SIZE && i < chosen.length - 1) throw tooSmall(part, etags);
  });
  if (total > MAX_OBJECT_SIZE) {
    throw new S3Error("EntityTooLarge", {
      fields: { ProposedSize: String(total), MaxSizeAllowed: String(MAX_OBJECT_SIZE) },
    });
  }
  return chosen;
}

function choose<Part extends ObjectPart>(
  name: NamedPart,
  part: Part | undefined,
  etags: PartEtags,
  plan: ChecksumPlan | undefined,
): ChosenPart<Part> {
  if (part === undefined || etags.shown(part.etag) !== name.etag) throw invalidPart(name);
  if (plan === undefined) return { part, checksum: undefined };
  const checksum = part.checksum === undefined ? undefined : etags.openChecksum(part.checksum);
  if (checksum === undefined) throw checksumSealed();
  for (const [algorithm, value] of name.checksums) {
    if (algorithm !== plan.algorithm || value !== checksum) throw invalidPart(name);
  }
  return { part, checksum };
}

function invalidPart({ number, etag }: NamedPart): S3Error {
  return new S3Error("InvalidPart", { fields: { PartNumber: String(number), ETag: etag } });
}

function tooSmall(part: ObjectPart, etags: PartEtags): S3Error {
  return new S3Error("EntityTooSmall", {
    fields: {
      ProposedSize: String(part.size),
      MinSizeAllowed: String(MIN_PART_SIZE),
      PartNumber: String(part.number),
      ETag: etags.shown(part.etag),
    },
  });
}

/** The customer's key is missing: the object would be left without the checksum that it was to have. */
function checksumSealed(): S3Error {
  return new S3Error("InvalidRequest", {
    message:
      "The multipart upload was initiated with a checksum and with encryption. The complete request must include the same encryption parameters.",
  });
}
