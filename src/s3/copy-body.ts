import { Buffer } from "node:buffer";
import { createDigester } from "../digest/digester.ts";
import type { DigestName } from "../digest/digest.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { ObjectView } from "../sse/sse.ts";
import type { ChecksumAlgorithm, ObjectHandle } from "../store/store.ts";
import type { BodyResult, ReceivedBody } from "./body.ts";
import { digestName } from "./checksums.ts";
import type { ByteRange } from "./range.ts";

/**
 * Plaintext of an open object as the body of a write. Nothing is read before `chunks` is iterated; the handle stays
 * the caller's.
 * @param checksum algorithm of the checksum to compute
 */
export function copyBody(
  handle: ObjectHandle,
  view: ObjectView,
  range: ByteRange,
  { wantMd5, checksum }: { readonly wantMd5: boolean; readonly checksum: ChecksumAlgorithm | undefined },
): ReceivedBody {
  const names: DigestName[] = [
    ...(wantMd5 ? ["md5" as const] : []),
    ...(checksum === undefined ? [] : [digestName(checksum)]),
  ];
  let result: BodyResult | undefined;

  async function* chunks(): AsyncGenerator<Uint8Array> {
    const digester = createDigester(names, range.length);
    try {
      if (range.length > 0) {
        for await (const chunk of view.read(handle, range.start, range.length)) {
          await digester.update(chunk);
          yield chunk;
        }
      }
      const digests = await digester.finish();
      const value = checksum && Buffer.from(digests.get(digestName(checksum)) ?? []).toString("base64");
      result = {
        size: range.length,
        md5: digests.get("md5"),
        checksum: checksum && value !== undefined ? { algorithm: checksum, value } : undefined,
      };
    } finally {
      digester.abandon();
    }
  }

  return {
    size: range.length,
    chunks: chunks(),
    result() {
      if (result === undefined) throw new S3Error("InternalError", { cause: "the copy has not ended yet" });
      return result;
    },
  };
}
