import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { createDigester } from "../../digest/digester.ts";
import type { DigestName, Digests } from "../../digest/digest.ts";
import { S3Error } from "../../errors/s3-error.ts";
import type { S3Request } from "../../http/request.ts";
import type { Payload, VerifiedBody } from "../authentication.ts";
import { IncomingBody } from "./incoming-body.ts";

const NO_TRAILERS: ReadonlyMap<string, string> = new Map();

/**
 * A body that comes as it is.
 * @param sha256 the hash that was signed along with the request, 32 bytes; `undefined` for an unsigned payload
 * @throws S3Error InvalidArgument for a malformed Content-Length
 */
export function plainPayload(request: S3Request, sha256: Uint8Array | undefined): Payload {
  const length = declaredLength(request);
  return {
    length,
    announcedTrailers: [],
    open: (digests) => new PlainBody(request, length, digests, sha256),
  };
}

/** Content-Length; 0 for a request without a body; `undefined` for one of unknown length. */
function declaredLength({ headers }: S3Request): number | undefined {
  const text = headers.get("content-length");
  if (text !== undefined) {
    if (!/^\d{1,15}$/.test(text)) {
      throw new S3Error("InvalidArgument", { message: "Content-Length is malformed." });
    }
    return Number(text);
  }
  return headers.has("transfer-encoding") ? undefined : 0;
}

class PlainBody implements VerifiedBody {
  readonly #request: S3Request;
  readonly #length: number | undefined;
  readonly #names: readonly DigestName[];
  readonly #sha256: Uint8Array | undefined;
  #digests: Digests | undefined;

  constructor(
    request: S3Request,
    length: number | undefined,
    digests: readonly DigestName[],
    sha256: Uint8Array | undefined,
  ) {
    this.#request = request;
    this.#length = length;
    this.#names = sha256 === undefined || digests.includes("sha256") ? digests : [...digests, "sha256"];
    this.#sha256 = sha256;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const digester = createDigester(this.#names, this.#length);
    const source = new IncomingBody(this.#request);
    let received = 0;
    try {
      for (let step = await source.next(); step.done !== true; step = await source.next()) {
        const chunk = step.value;
        received += chunk.length;
        const full = digester.update(chunk);
        if (full !== undefined) await full;
        yield chunk;
      }
      if (this.#length !== undefined && received !== this.#length) throw new S3Error("IncompleteBody");
      const digests = await digester.finish();
      this.#verify(digests.get("sha256"));
      this.#digests = digests;
    } finally {
      void source.return();
      digester.abandon();
    }
  }

  #verify(real: Uint8Array | undefined): void {
    const told = this.#sha256;
    if (told === undefined) return;
    if (real === undefined || !timingSafeEqual(told, real)) {
      throw new S3Error("XAmzContentSHA256Mismatch", {
        fields: {
          ClientComputedContentSHA256: Buffer.from(told).toString("hex"),
          S3ComputedContentSHA256: Buffer.from(real ?? []).toString("hex"),
        },
      });
    }
  }

  digests(): Digests {
    if (this.#digests === undefined) {
      throw new S3Error("InternalError", { cause: "the body has not ended yet" });
    }
    return this.#digests;
  }

  trailers(): ReadonlyMap<string, string> {
    return NO_TRAILERS;
  }
}
