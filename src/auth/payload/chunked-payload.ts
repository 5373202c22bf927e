import { Buffer } from "node:buffer";
import { giveBack } from "../../crypto/give-back.ts";
import { createDigester } from "../../digest/digester.ts";
import type { DigestName, Digests } from "../../digest/digest.ts";
import { S3Error } from "../../errors/s3-error.ts";
import type { PaceLimits } from "../../http/pace.ts";
import type { S3Request } from "../../http/request.ts";
import type { Payload, VerifiedBody } from "../authentication.ts";
import type { VerifiedSignature } from "../sigv4/context.ts";
import { ChunkDecoder } from "./aws-chunked.ts";
import { ChunkSignatures } from "./chunk-signatures.ts";
import { IncomingBody } from "./incoming-body.ts";
import { announcedTrailers, readTrailers, type Trailers } from "./trailers.ts";

/** Which kind of chunked body it is. */
export interface ChunkedForm {
  /** The signature that seeds those of the chunks; `undefined` for an unsigned body. */
  readonly seed: VerifiedSignature | undefined;
  readonly withTrailers: boolean;
}

/**
 * A body in `aws-chunked` encoding. Chunks may be small, as with MinIO: S3 wants 8 KiB of all but the last, which a
 * client that passes a stream on as it comes cannot promise.
 * @param limits what the client has to keep up with
 * @throws S3Error MissingContentLength without a decoded length; InvalidArgument for a malformed one
 */
export function chunkedPayload(request: S3Request, form: ChunkedForm, limits: PaceLimits): Payload {
  const length = decodedLength(request);
  const announced = form.withTrailers ? announcedTrailers(request.headers) : [];
  return {
    length,
    announcedTrailers: announced,
    open: (digests) => {
      const source = new IncomingBody(request, limits);
      return new ChunkedBody(source, form, length, announced, digests);
    },
  };
}

function decodedLength({ headers }: S3Request): number {
  const text = headers.get("x-amz-decoded-content-length");
  if (text === undefined) throw new S3Error("MissingContentLength");
  if (!/^\d{1,15}$/.test(text)) {
    throw new S3Error("InvalidArgument", {
      message: "x-amz-decoded-content-length must be a number of bytes.",
      fields: { ArgumentName: "x-amz-decoded-content-length" },
    });
  }
  return Number(text);
}

class ChunkedBody implements VerifiedBody {
  readonly #source: IncomingBody;
  readonly #length: number;
  readonly #announced: readonly string[];
  readonly #names: readonly DigestName[];
  readonly #signatures: ChunkSignatures | undefined;
  readonly #withTrailers: boolean;
  readonly #decoder: ChunkDecoder;
  /** Decoded of the last piece of the wire. */
  #decoded: Uint8Array[] = [];
  readonly #trailerLines: string[] = [];
  #received = 0;
  #digests: Digests | undefined;
  #trailers: Trailers | undefined;

  constructor(
    source: IncomingBody,
    { seed, withTrailers }: ChunkedForm,
    length: number,
    announced: readonly string[],
    names: readonly DigestName[],
  ) {
    this.#source = source;
    this.#length = length;
    this.#announced = announced;
    this.#names = names;
    this.#signatures = seed === undefined ? undefined : new ChunkSignatures(seed);
    this.#withTrailers = withTrailers;
    this.#decoder = new ChunkDecoder({
      begin: (size, signature) => this.#begin(size, signature),
      data: (bytes) => {
        this.#received += bytes.length;
        this.#signatures?.data(bytes);
        this.#decoded.push(bytes);
      },
      end: () => this.#signatures?.end(),
      trailer: (line) => void this.#trailerLines.push(line),
    }, withTrailers);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const digester = createDigester(this.#names, this.#length);
    try {
      for (let step = await this.#source.next(); step.done !== true; step = await this.#source.next()) {
        this.#decoder.take(step.value);
        if (this.#decoded.length === 0) continue;
        const chunk = gathered(this.#decoded, step.value);
        this.#decoded = [];
        const full = digester.update(chunk);
        if (full !== undefined) await full;
        yield chunk;
      }
      this.#decoder.finish();
      if (this.#received !== this.#length) throw new S3Error("IncompleteBody");
      const trailers = readTrailers(this.#trailerLines, this.#announced);
      if (this.#withTrailers) this.#signatures?.trailers(trailers.covered, trailers.signature);
      this.#digests = await digester.finish();
      this.#trailers = trailers;
    } finally {
      this.#source.release();
      digester.abandon();
    }
  }

  #begin(size: number, signature: string | undefined): void {
    if (size > this.#length - this.#received) {
      throw new S3Error("IncompleteBody", { message: "The chunks hold more bytes than were declared." });
    }
    this.#signatures?.begin(signature);
  }

  digests(): Digests {
    if (this.#digests === undefined) throw unfinished();
    return this.#digests;
  }

  trailers(): ReadonlyMap<string, string> {
    if (this.#trailers === undefined) throw unfinished();
    return this.#trailers.values;
  }
}

/**
 * What was decoded of one piece of the wire, in memory of its own, which the consumer can free. A copy costs less than
 * the cold memory that a collector would leave the next piece with.
 */
function gathered(decoded: readonly Uint8Array[], wire: Uint8Array): Uint8Array {
  const [only] = decoded;
  if (only !== undefined && only.length === wire.length) return only;
  const bytes = Buffer.concat(decoded);
  giveBack(wire);
  return bytes;
}

function unfinished(): S3Error {
  return new S3Error("InternalError", { cause: "the body has not ended yet" });
}
