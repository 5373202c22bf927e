import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { createDigester } from "../../digest/digester.ts";
import type { DigestName, Digests } from "../../digest/digest.ts";
import { S3Error } from "../../errors/s3-error.ts";
import type { PaceLimits } from "../../http/pace.ts";
import type { S3Request } from "../../http/request.ts";
import type { Payload, VerifiedBody } from "../authentication.ts";
import { IncomingBody } from "./incoming-body.ts";

const NO_TRAILERS: ReadonlyMap<string, string> = new Map();

/**
 * A body that comes as it is.
 * @param sha256 the hash that was promised along with the request, 32 bytes; `undefined` when nothing was
 * @param limits what the client has to keep up with
 * @throws S3Error InvalidArgument for a malformed Content-Length
 */
export function plainPayload(
  request: S3Request,
  sha256: Uint8Array | undefined,
  limits: PaceLimits,
): Payload {
  const length = declaredLength(request);
  return {
    length,
    announcedTrailers: [],
    open: (digests) => new PlainBody(new IncomingBody(request, limits), length, digests, sha256),
  };
}

function declaredLength({ headers }: S3Request): number | undefined {
  const text = headers.get("content-length");
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) {
    throw new S3Error("InvalidArgument", { message: "Content-Length must be a number of bytes." });
  }
  return Number(text);
}

class PlainBody implements VerifiedBody {
  readonly #source: IncomingBody;
  readonly #length: number | undefined;
  readonly #asked: readonly DigestName[];
  readonly #sha256: Uint8Array | undefined;
  #digests: Digests | undefined;

  constructor(
    source: IncomingBody,
    length: number | undefined,
    asked: readonly DigestName[],
    sha256: Uint8Array | undefined,
  ) {
    this.#source = source;
    this.#length = length;
    this.#asked = asked;
    this.#sha256 = sha256;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const shared = this.#sha256 === undefined || this.#asked.includes("sha256");
    const digester = createDigester(shared ? this.#asked : [...this.#asked, "sha256"], this.#length);
    let received = 0;
    try {
      for (let step = await this.#source.next(); step.done !== true; step = await this.#source.next()) {
        const chunk = step.value;
        received += chunk.length;
        const full = digester.update(chunk);
        if (full !== undefined) await full;
        yield chunk;
      }
      if (this.#length !== undefined && received !== this.#length) throw new S3Error("IncompleteBody");
      const digests = await digester.finish();
      if (this.#sha256 !== undefined) requireHash(this.#sha256, digests.get("sha256"));
      this.#digests = shared ? digests : new Map([...digests].filter(([name]) => name !== "sha256"));
    } finally {
      this.#source.release();
      digester.abandon();
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

function requireHash(told: Uint8Array, real: Uint8Array | undefined): void {
  if (real !== undefined && timingSafeEqual(told, real)) return;
  throw new S3Error("XAmzContentSHA256Mismatch", {
    fields: {
      ClientComputedContentSHA256: Buffer.from(told).toString("hex"),
      S3ComputedContentSHA256: Buffer.from(real ?? []).toString("hex"),
    },
  });
}
