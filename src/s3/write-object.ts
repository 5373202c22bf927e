import type { Sealing } from "../sse/sse.ts";
import type { Expectation, Metadata, ObjectRecord, Store } from "../store/store.ts";
import type { PassingBody } from "./body.ts";
import { type KnownEtag, shownEtag } from "./shown-etag.ts";

/** A body on its way to become an object in one piece. */
export interface ObjectWrite {
  readonly bucket: string;
  readonly key: string;
  /** As the client asked for it, without internal keys. */
  readonly metadata: Metadata;
  readonly sealing: Sealing;
  /** Its `size` is absent where nobody declared it. */
  readonly body: PassingBody & { readonly size?: number };
  readonly expect: Expectation | undefined;
}

/**
 * Seals the body and stores it once it has been verified to its end.
 * @returns the record, the ETag as the client sees it, and the SSE headers of the answer: none where the store keeps
 * nothing to encrypt, as with the directories of MinIO's layout
 * @throws S3Error what `Store.putObject` throws, and whatever the body turns out to break
 */
export async function storeObject(
  store: Store,
  { bucket, key, metadata, sealing, body, expect }: ObjectWrite,
): Promise<{
  readonly record: ObjectRecord;
  readonly etag: string;
  readonly replyHeaders: Readonly<Record<string, string>>;
}> {
  let known: KnownEtag = { stored: "", shown: "" };
  const record = await store.putObject({
    bucket,
    key,
    body: sealing.seal(body.chunks, body.size),
    ...(body.size === undefined ? {} : { storedSize: sealing.storedSize(body.size) }),
    attributes() {
      const { size, md5, checksum } = body.result();
      known = sealing.etag(md5);
      return sealing.sealRecord({
        size,
        etag: known.stored,
        metadata: { ...metadata, ...sealing.metadata },
        ...(checksum === undefined ? {} : {
          checksum: {
            algorithm: checksum.algorithm,
            type: "FULL_OBJECT",
            value: sealing.sealChecksum(checksum.value),
          },
        }),
      });
    },
    metadata: { ...metadata, ...sealing.metadata },
    ...(sealing.backend === undefined ? {} : { backend: sealing.backend }),
    ...(expect === undefined ? {} : { expect }),
  });
  const isSealed = Object.keys(sealing.metadata).every((name) => name in record.metadata);
  return {
    record,
    etag: shownEtag(known, record.etag),
    replyHeaders: isSealed ? sealing.replyHeaders : {},
  };
}
