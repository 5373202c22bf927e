import { Buffer } from "node:buffer";
import type { ObjectName } from "../crypto/kdf.ts";
import { CryptoError } from "../crypto/errors.ts";
import type { Secret } from "../crypto/secret.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { Kms } from "../kms/kms.ts";
import { concurrently } from "../store/concurrently.ts";
import type { ListedObject, ObjectRecord } from "../store/store.ts";
import { type DigestRest, isSealedMd5, openMd5, sealMd5 } from "./digest-rest.ts";
import { type Digests, objectKeyTexts, shownEtag } from "./digests.ts";
import { encryptionKind, readEncryption } from "./metadata.ts";
import { openUnderKms } from "./object-key.ts";
import { OpenedEtags } from "./opened-etags.ts";

/** How many data keys the KMS is asked for at a time while objects are listed. */
const ASKED_AT_ONCE = 16;

/**
 * Digests of MinIO's layouts: the ETag of an SSE-S3 object, or of a part of one, is sealed under the key of that very
 * object (minio-formats section 6), so that showing it takes the KMS. Where the KMS does not give the key, an ETag is
 * shown that tells nothing, and HEAD and LIST still answer.
 * @param kms `undefined` where none is configured
 */
export function objectKeyDigests(kms: Kms | undefined): Digests {
  const opened = new OpenedEtags();

  /** How digests rest beside an object whose key is at hand. */
  function under(objectKey: Secret): DigestRest {
    const texts = objectKeyTexts(objectKey);
    return {
      seal: (kind, text, object) =>
        kind === "etag" && isMd5(text)
          ? opened.add(object, sealMd5(objectKey, Buffer.from(text, "hex")), text)
          : texts.seal(kind, text, object),
      open(kind, sealed, object) {
        if (kind !== "etag") return texts.open(kind, sealed, object);
        if (!isSealedMd5(sealed)) return undefined;
        const known = opened.get(object, sealed);
        if (known !== undefined) return known;
        try {
          const etag = openMd5(objectKey, sealed);
          opened.add(object, sealed, etag);
          return etag;
        } catch (thrown) {
          if (thrown instanceof CryptoError) return undefined;
          throw thrown;
        }
      },
      prove: texts.prove,
    };
  }

  /** The ETag of a listed object. @param away told when the KMS cannot be reached; then it is not asked any more */
  async function listedEtag(entry: ListedObject, bucket: string, away: AbortController): Promise<string> {
    const { key, etag, metadata = {} } = entry;
    const object = { bucket, key };
    if (encryptionKind(metadata) !== "sse-s3" || !isSealedMd5(etag)) {
      return shownEtag(undefined, etag, object);
    }
    const known = opened.get(object, etag);
    if (known !== undefined) return known;
    if (away.signal.aborted) return shownEtag(undefined, etag, object);
    try {
      const encryption = readEncryption(metadata);
      if (encryption.kind !== "sse-s3") return shownEtag(undefined, etag, object);
      return shownEtag(under(await openUnderKms(encryption, object, kms)), etag, object);
    } catch (thrown) {
      if (!(thrown instanceof S3Error)) throw thrown;
      if (thrown.code === "ServiceUnavailable") away.abort();
      return shownEtag(undefined, etag, object);
    }
  }

  return {
    ofWrite(object, objectKey) {
      const rest = under(objectKey);
      return {
        needsMd5: true,
        etag(md5) {
          if (md5 === undefined) {
            throw new S3Error("InternalError", { cause: new Error("the MD5 is missing") });
          }
          const shown = Buffer.from(md5).toString("hex");
          return { stored: rest.seal("etag", shown, object), shown };
        },
        rest,
      };
    },

    beside: async (_object, openKey) => under(await openKey()),

    async ofRecord(record, openKey) {
      if (!needsKey(record, opened)) return knownEtags(opened);
      try {
        return under(await openKey());
      } catch (thrown) {
        if (!(thrown instanceof S3Error) || thrown.code === "XMinioObjectTampered") throw thrown;
        return knownEtags(opened);
      }
    },

    async listedEtags(objects, bucket) {
      const away = new AbortController();
      if (kms === undefined) away.abort();
      return await concurrently(objects, ASKED_AT_ONCE, (entry) => listedEtag(entry, bucket, away));
    },

    sealsRecords: false,
    ofStore: undefined,
  };
}

/** Whether anything about a record takes its key: an ETag that was not opened before, or a checksum. */
function needsKey(record: ObjectRecord, opened: OpenedEtags): boolean {
  return record.checksum !== undefined ||
    (isSealedMd5(record.etag) && opened.get(record, record.etag) === undefined);
}

/** What can be told of an object without its key. */
function knownEtags(opened: OpenedEtags): DigestRest {
  return {
    seal() {
      throw new Error("nothing can be sealed without the key of the object");
    },
    open: (kind, sealed, object: ObjectName) => kind === "etag" ? opened.get(object, sealed) : undefined,
    prove: () => undefined,
  };
}

function isMd5(etag: string): boolean {
  return /^[0-9a-f]{32}$/.test(etag);
}
