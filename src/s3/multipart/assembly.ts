import type { PartEtags } from "../../sse/sse.ts";
import type { ChecksumPlan, ObjectPart, StoredChecksum } from "../../store/store.ts";
import { chooseParts } from "./chosen-parts.ts";
import type { NamedPart } from "./completed-parts.ts";
import { finishedChecksum } from "./finished-checksum.ts";
import { checkChecksum, checkPlan, checkSize, type PromisedObject } from "./promised-object.ts";

/** What a CompleteMultipartUpload asks for. */
export interface Completion {
  /** The parts to take, by ascending number. */
  readonly named: readonly NamedPart[];
  readonly promised: PromisedObject;
}

/** The object that parts of an upload make together. */
export interface Assembly<Part extends ObjectPart> {
  readonly parts: readonly Part[];
  /** Bytes of plaintext. */
  readonly size: number;
  readonly etag: { readonly stored: string; readonly shown: string };
  /** As the client sees it. */
  readonly checksum: StoredChecksum | undefined;
}

/**
 * Puts the named parts together and checks them against everything that the client says of them and of the object.
 * @param available parts that there are
 * @param plan the checksum that the upload was begun with
 * @throws S3Error InvalidPart, InvalidPartOrder, EntityTooSmall, EntityTooLarge, InvalidRequest, BadDigest
 */
export function assemble<Part extends ObjectPart>(
  { named, promised }: Completion,
  available: Iterable<Part>,
  etags: PartEtags,
  plan: ChecksumPlan | undefined,
): Assembly<Part> {
  checkPlan(promised, plan);
  const chosen = chooseParts(named, available, etags, plan);
  const parts = chosen.map(({ part }) => part);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  checkSize(promised, size);
  const checksum = plan && finishedChecksum(plan, chosen);
  if (checksum !== undefined) checkChecksum(promised, checksum, checksum.value);
  return { parts, size, etag: etags.finished(parts.map((part) => part.etag)), checksum };
}
