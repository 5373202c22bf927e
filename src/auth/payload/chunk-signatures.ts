import { createHash, type Hash } from "node:crypto";
import { S3Error } from "../../errors/s3-error.ts";
import { EMPTY_SHA256, sha256Hex } from "../../sigv4/canonical.ts";
import { requireSignature } from "../sigv4/compare.ts";
import type { VerifiedSignature } from "../sigv4/context.ts";
import { scopeText } from "../../sigv4/scope.ts";
import { signature } from "../../sigv4/signing-key.ts";

/** Verifies the chain of signatures in a signed chunked body: each covers one chunk and the signature before it. */
export class ChunkSignatures {
  readonly #seed: VerifiedSignature;
  #previous: string;
  #given = "";
  #hash: Hash | undefined;

  constructor(seed: VerifiedSignature) {
    this.#seed = seed;
    this.#previous = seed.signature;
  }

  /** A chunk begins. @throws S3Error SignatureDoesNotMatch when it carries no signature */
  begin(given: string | undefined): void {
    if (given === undefined) throw new S3Error("SignatureDoesNotMatch");
    this.#given = given;
    this.#hash = undefined;
  }

  /** Bytes of that chunk. */
  data(bytes: Uint8Array): void {
    this.#hash ??= createHash("sha256");
    this.#hash.update(bytes);
  }

  /** The chunk is complete. @throws S3Error SignatureDoesNotMatch */
  end(): void {
    const hash = this.#hash?.digest("hex") ?? EMPTY_SHA256;
    this.#require("AWS4-HMAC-SHA256-PAYLOAD", `${EMPTY_SHA256}\n${hash}`, this.#given);
  }

  /**
   * Verifies the signature over the trailers.
   * @param covered `name:value\n` for each
   * @throws S3Error SignatureDoesNotMatch, also when there is none
   */
  trailers(covered: string, given: string | undefined): void {
    this.#require("AWS4-HMAC-SHA256-TRAILER", sha256Hex(covered), given ?? "");
  }

  #require(kind: string, covered: string, given: string): void {
    const { date, scope, signingKey } = this.#seed;
    const text = `${kind}\n${date}\n${scopeText(scope)}\n${this.#previous}\n${covered}`;
    const expected = signature(signingKey, text);
    requireSignature(given, expected);
    this.#previous = expected;
  }
}
