import { S3Error } from "../../errors/s3-error.ts";
import type { Trailer } from "./client/aws-chunked.ts";
import type { RequestBody } from "./client/request-body.ts";
import { heldBack } from "./held-back.ts";
import { beginningOf, SMALL, wholeBody } from "./small-body.ts";

/** Bodies of unknown size are gathered up to this many bytes; larger ones go in pieces of it. */
export const PIECE = 8 * 2 ** 20;

/** A body on its way to a backend. */
export interface OutgoingBody {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Bytes of it, where that is known. */
  readonly size: number | undefined;
  /** As that of a stream. */
  readonly provesItself?: boolean;
  /** Called when all of it has passed and before the backend has it all. When it throws, the backend keeps nothing. */
  readonly confirmed: () => Promise<void>;
  /** A header that is known only once the body has been confirmed, for a body that is streamed. */
  readonly trailer?: Trailer | undefined;
}

/**
 * The same as the body of one request: small ones in one piece, confirmed already, others as a stream whose last bytes
 * wait for the confirmation.
 * @throws S3Error MissingContentLength for a large one of unknown size; whatever the body and `confirmed` throw
 */
export async function requestBody(body: OutgoingBody): Promise<RequestBody> {
  const { chunks, size, confirmed, trailer, provesItself = false } = body;
  if (size !== undefined && size > SMALL) {
    return {
      kind: "stream",
      length: size,
      chunks: heldBack(chunks, size, confirmed),
      provesItself,
      ...(trailer === undefined ? {} : { trailer }),
    };
  }
  const bytes = size === undefined ? await gathered(chunks) : await wholeBody(chunks, size);
  await confirmed();
  return { kind: "bytes", bytes };
}

async function gathered(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const beginning = await beginningOf(chunks, PIECE);
  if ("whole" in beginning) return beginning.whole;
  await beginning.begun.return?.();
  throw new S3Error("MissingContentLength");
}
