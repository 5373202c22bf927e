import { createHash, type Hash } from "node:crypto";
import { S3Error } from "../../errors/s3-error.ts";
import { EMPTY_SHA256 } from "../sigv4/canonical.ts";
import { requireSignature } from "../sigv4/compare.ts";
import type { VerifiedSignature } from "../sigv4/context.ts";
import { scopeText } from "../sigv4/scope.ts";
import { signature } from "../sigv4/signing-key.ts";

/** Verifies the chain of signatures in a signed chunked body: each covers one chunk and the signature before it. */
export class ChunkSignatures {
  readonly #seed: VerifiedSignature;
  #previous: string;
  #given = "";
  #hash: Hash = createHash("sha256");

  constructor(seed: VerifiedSignature) {
    this.#seed = seed;
    this.#previous = seed.signature;
  }

  /** @throws S3Error SignatureDoesNotMatch when the chunk carries none */
  begin(given: string | undefined): void {
    if (given === undefined) throw new S3Error("SignatureDoesNotMatch");
    this.#given = given;
    this.#hash = createHash("sha256");
  }

  data(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** @throws S3Error SignatureDoesNotMatch */
  end(): void {
    const hash = this.#hash.digest("hex");
    this.#require("AWS4-HMAC-SHA256-PAYLOAD", `${EMPTY_SHA256}\n${hash}`, this.#given);
  }

  /** Verifies the signature over all trailing lines. @throws S3Error SignatureDoesNotMatch */
  trailers(lines: readonly string[], given: string): void {
    const hash = createHash("sha256").update(lines.map((line) => `${line}\n`).join(""), "latin1").digest(
      "hex",
    );
    this.#require("AWS4-HMAC-SHA256-TRAILER", hash, given);
  }

  #require(kind: string, covered: string, given: string): void {
    const { date, scope, signingKey } = this.#seed;
    const text = `${kind}\n${date}\n${scopeText(scope)}\n${this.#previous}\n${covered}`;
    const expected = signature(signingKey, text);
    requireSignature(given, expected);
    this.#previous = expected;
  }
}
