import type { Payload, VerifiedBody } from "../../auth/authentication.ts";
import { createDigester } from "../../digest/digester.ts";
import type { DigestName, Digests } from "../../digest/digest.ts";
import { S3Error } from "../../errors/s3-error.ts";
import type { SizeRange } from "./post-policy.ts";

/**
 * The file of a form as a payload of its own, so that it is verified and stored like the body of a PutObject.
 * @param sizeHint bytes of the whole form, where they are known
 * @returns a payload whose iteration throws S3Error EntityTooLarge, EntityTooSmall when the file leaves the range
 */
export function filePayload(
  file: AsyncIterable<Uint8Array>,
  range: SizeRange,
  sizeHint: number | undefined,
): Payload {
  return {
    length: undefined,
    announcedTrailers: [],
    open: (names) => digested(withinRange(file, range), names, sizeHint),
  };
}

async function* withinRange(
  file: AsyncIterable<Uint8Array>,
  { minimum, maximum }: SizeRange,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of file) {
    size += chunk.length;
    if (size > maximum) {
      throw new S3Error("EntityTooLarge", { fields: { MaxSizeAllowed: String(maximum) } });
    }
    yield chunk;
  }
  if (size < minimum) {
    throw new S3Error("EntityTooSmall", {
      fields: { ProposedSize: String(size), MinSizeAllowed: String(minimum) },
    });
  }
}

function digested(
  file: AsyncIterable<Uint8Array>,
  names: readonly DigestName[],
  sizeHint: number | undefined,
): VerifiedBody {
  let digests: Digests | undefined;
  return {
    async *[Symbol.asyncIterator]() {
      const digester = createDigester(names, sizeHint);
      try {
        for await (const chunk of file) {
          await digester.update(chunk);
          yield chunk;
        }
        digests = await digester.finish();
      } finally {
        digester.abandon();
      }
    },
    digests() {
      if (digests === undefined) throw new S3Error("InternalError", { cause: "the file has not ended yet" });
      return digests;
    },
    trailers: () => new Map(),
  };
}
