import type { Sealing } from "../../sse/sse.ts";
import type { PartRecord, Store, UploadRecord } from "../../store/store.ts";
import type { BodyChecksum, ReceivedBody } from "../body.ts";
import { type KnownEtag, shownEtag } from "../shown-etag.ts";

/** A part as the client is told of it. */
export interface StoredPart {
  readonly record: PartRecord;
  /** As the client sees it. */
  readonly etag: string;
  readonly checksum: BodyChecksum | undefined;
  readonly replyHeaders: Readonly<Record<string, string>>;
}

/**
 * Seals a body and stores it as a part once it has been verified to its end. Its checksum is kept when it is of the
 * kind that the upload was begun with; any other has done its work when the body is verified.
 * @throws S3Error NoSuchUpload, and whatever the body turns out to break
 */
export async function storePart(
  store: Store,
  { bucket, key, uploadId, checksum: plan }: UploadRecord,
  partNumber: number,
  sealing: Sealing,
  body: ReceivedBody,
): Promise<StoredPart> {
  let known: KnownEtag = { stored: "", shown: "" };
  const record = await store.putPart({
    bucket,
    key,
    uploadId,
    partNumber,
    body: sealing.seal(body.chunks, body.size),
    storedSize: sealing.storedSize(body.size),
    ...(plan === undefined ? {} : { checksum: plan }),
    ...(sealing.backend === undefined ? {} : { backend: sealing.backend }),
    attributes() {
      const { size, md5, checksum } = body.result();
      known = sealing.etag(md5);
      return {
        size,
        etag: known.stored,
        ...(checksum === undefined || checksum.algorithm !== plan?.algorithm
          ? {}
          : { checksum: sealing.sealChecksum(checksum.value) }),
      };
    },
  });
  return {
    record,
    etag: shownEtag(known, record.etag),
    checksum: body.result().checksum,
    replyHeaders: sealing.replyHeaders,
  };
}
