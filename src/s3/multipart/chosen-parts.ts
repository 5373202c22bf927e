import { S3Error } from "../../errors/s3-error.ts";
import type { PartEtags } from "../../sse/sse.ts";
import type { ChecksumPlan, PartRecord, Store, UploadId } from "../../store/store.ts";
import type { NamedPart } from "./completed-parts.ts";
import { MAX_OBJECT_SIZE, MIN_PART_SIZE } from "./limits.ts";

/** Every part of an upload by its number. @throws S3Error NoSuchUpload */
export async function partsOf(store: Store, id: UploadId): Promise<ReadonlyMap<number, PartRecord>> {
  const parts = new Map<number, PartRecord>();
  let after = 0;
  for (;;) {
    const page = await store.listParts(id, { after, limit: 1000 });
    for (const part of page.parts) {
      parts.set(part.number, part);
      after = part.number;
    }
    if (!page.truncated) return parts;
  }
}

/**
 * The parts that the client names, checked: each one there with that ETag and checksum, and large enough.
 * @throws S3Error InvalidPart, EntityTooSmall, EntityTooLarge
 */
export function chooseParts(
  named: readonly NamedPart[],
  parts: ReadonlyMap<number, PartRecord>,
  etags: PartEtags,
  plan: ChecksumPlan | undefined,
): readonly PartRecord[] {
  let total = 0;
  return named.map(({ number, etag, checksums }, i) => {
    const part = parts.get(number);
    if (part === undefined || etags.shown(part.etag) !== etag) throw invalidPart(number, etag);
    const told = plan === undefined ? undefined : checksums.get(plan.algorithm);
    if (told !== undefined && part.checksum !== undefined) {
      const real = etags.openChecksum(part.checksum);
      if (real !== undefined && real !== told) throw invalidPart(number, etag);
    }
    if (part.size < MIN_PART_SIZE && i < named.length - 1) {
      throw new S3Error("EntityTooSmall", {
        fields: {
          ProposedSize: String(part.size),
          MinSizeAllowed: String(MIN_PART_SIZE),
          PartNumber: String(number),
          ETag: etag,
        },
      });
    }
    total += part.size;
    if (total > MAX_OBJECT_SIZE) {
      throw new S3Error("EntityTooLarge", { fields: { MaxSizeAllowed: String(MAX_OBJECT_SIZE) } });
    }
    return part;
  });
}

function invalidPart(number: number, etag: string): S3Error {
  return new S3Error("InvalidPart", { fields: { PartNumber: String(number), ETag: etag } });
}
