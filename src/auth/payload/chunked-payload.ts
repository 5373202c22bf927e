import { createDigester } from "../../digest/digester.ts";
import type { DigestName, Digests } from "../../digest/digest.ts";
import { S3Error } from "../../errors/s3-error.ts";
import type { S3Request } from "../../http/request.ts";
import type { Payload, VerifiedBody } from "../authentication.ts";
import type { VerifiedSignature } from "../sigv4/context.ts";
import { ChunkDecoder } from "./aws-chunked.ts";
import { ChunkSignatures } from "./chunk-signatures.ts";
import { IncomingBody } from "./incoming-body.ts";

/** Smallest chunk but the last in a signed body. */
const MIN_SIGNED_CHUNK = 8192;

/** Which kind of chunked body it is. */
export interface ChunkedForm {
  /** The signature that seeds those of the chunks; `undefined` for an unsigned body. */
  readonly seed: VerifiedSignature | undefined;
  readonly withTrailers: boolean;
}

/**
 * A body in `aws-chunked` encoding.
 * @throws S3Error MissingContentLength without a decoded length; InvalidArgument for a malformed one
 */
export function chunkedPayload(request: S3Request, form: ChunkedForm): Payload {
  const length = decodedLength(request);
  const announcedTrailers = form.withTrailers ? announced(request) : [];
  return {
    length,
    announcedTrailers,
    open: (digests) => new ChunkedBody(request, form, length, announcedTrailers, digests),
  };
}

function decodedLength({ headers }: S3Request): number {
  const text = headers.get("x-amz-decoded-content-length");
  if (text === undefined) throw new S3Error("MissingContentLength");
  if (!/^\d{1,15}$/.test(text)) {
    throw new S3Error("InvalidArgument", { message: "x-amz-decoded-content-length is malformed." });
  }
  return Number(text);
}

function announced({ headers }: S3Request): readonly string[] {
  const names = (headers.get("x-amz-trailer") ?? "").toLowerCase().split(",").map((name) => name.trim());
  return names.filter((name) => name !== "");
}

class ChunkedBody implements VerifiedBody {
  readonly #request: S3Request;
  readonly #form: ChunkedForm;
  readonly #length: number;
  readonly #announced: readonly string[];
  readonly #names: readonly DigestName[];
  #digests: Digests | undefined;
  readonly #trailers = new Map<string, string>();

  constructor(
    request: S3Request,
    form: ChunkedForm,
    length: number,
    announcedTrailers: readonly string[],
    digests: readonly DigestName[],
  ) {
    this.#request = request;
    this.#form = form;
    this.#length = length;
    this.#announced = announcedTrailers;
    this.#names = digests;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { seed, withTrailers } = this.#form;
    const signatures = seed === undefined ? undefined : new ChunkSignatures(seed);
    const digester = createDigester(this.#names, this.#length);
    const source = new IncomingBody(this.#request);
    const decoded: Uint8Array[] = [];
    const lines: string[] = [];
    let received = 0;
    let last = MIN_SIGNED_CHUNK;
    const decoder = new ChunkDecoder({
      begin: (size, given) => {
        if (signatures !== undefined) {
          if (size > 0 && last < MIN_SIGNED_CHUNK) throw new S3Error("InvalidChunkSizeError");
          last = size;
          signatures.begin(given);
        }
      },
      data: (bytes) => {
        received += bytes.length;
        if (received > this.#length) throw new S3Error("IncompleteBody");
        signatures?.data(bytes);
        decoded.push(bytes);
      },
      end: () => signatures?.end(),
      trailer: (line) => void lines.push(line),
    }, withTrailers);
    try {
      for (let step = await source.next(); step.done !== true; step = await source.next()) {
        decoder.take(step.value);
        for (const chunk of decoded.splice(0)) {
          await digester.update(chunk);
          yield chunk;
        }
      }
      decoder.finish();
      if (received !== this.#length) throw new S3Error("IncompleteBody");
      this.#takeTrailers(lines, signatures);
      this.#digests = await digester.finish();
    } finally {
      void source.return();
      digester.abandon();
    }
  }

  #takeTrailers(lines: readonly string[], signatures: ChunkSignatures | undefined): void {
    const covered: string[] = [];
    let given: string | undefined;
    for (const line of lines) {
      const colon = line.indexOf(":");
      const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
      const value = line.slice(colon + 1).trim();
      if (name === "" || this.#trailers.has(name)) throw new S3Error("MalformedTrailerError");
      if (name === "x-amz-trailer-signature") {
        given = value;
        continue;
      }
      if (!this.#announced.includes(name)) throw new S3Error("MalformedTrailerError");
      covered.push(`${name}:${value}`);
      this.#trailers.set(name, value);
    }
    for (const name of this.#announced) {
      if (!this.#trailers.has(name)) throw new S3Error("MalformedTrailerError");
    }
    if (signatures === undefined || !this.#form.withTrailers) return;
    if (given === undefined) throw new S3Error("SignatureDoesNotMatch");
    signatures.trailers(covered, given);
  }

  digests(): Digests {
    if (this.#digests === undefined) {
      throw new S3Error("InternalError", { cause: "the body has not ended yet" });
    }
    return this.#digests;
  }

  trailers(): ReadonlyMap<string, string> {
    return this.#trailers;
  }
}
