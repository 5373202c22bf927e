import type { DigestName, Digests } from "../digest/digest.ts";

/**
 * The body of a request behind its verifier. There is no other way to the bytes: what `open` yields is decoded
 * (aws-chunked framing removed), and its iteration ends normally only when everything that was signed, declared
 * or trailed has been verified. Otherwise it throws the `S3Error` that says why.
 */
export interface Payload {
  /** Decoded length in bytes as declared by the client; `undefined` when it declared none. */
  readonly length: number | undefined;
  /** Names of the trailing headers that the client announced, lower case. */
  readonly announcedTrailers: readonly string[];
  /**
   * Starts reading. May be called once.
   * @param digests digests of the decoded bytes that the caller wants; the verifier shares them where it needs
   * the same (the literal SHA-256 of a signed payload)
   */
  open(digests: readonly DigestName[]): VerifiedBody;
}

/** Decoded bytes that turn out verified when the iteration ends. A yielded chunk belongs to the consumer. */
export interface VerifiedBody extends AsyncIterable<Uint8Array> {
  /** The digests asked for. Only after the iteration has ended. */
  digests(): Digests;
  /** Trailing headers, lower-case names. Only after the iteration has ended. */
  trailers(): ReadonlyMap<string, string>;
}

/** Who sent a request. */
export type Identity =
  | { readonly kind: "anonymous" }
  | { readonly kind: "user"; readonly accessKey: string };

/**
 * Outcome of authentication. Closed: an operation gets the body only from `payload`, and `payload` verifies what this
 * kind of authentication promises. `form` is a browser upload, whose policy is verified from the form's own fields.
 */
export type Authentication =
  | { readonly kind: "anonymous"; readonly identity: Identity; readonly payload: Payload }
  | {
    readonly kind: "header" | "presigned";
    readonly identity: Identity;
    readonly payload: Payload;
    /** Lower-case names of the headers that the signature covers. */
    readonly signedHeaders: ReadonlySet<string>;
    /** Milliseconds since the epoch at which it was signed. */
    readonly signedAt: number;
  }
  | {
    readonly kind: "form";
    readonly identity: Identity;
    readonly payload: Payload;
    /**
     * Who signed the form: verifies the signature over its `policy` field (names in lower case). A form without
     * policy and signature is anonymous.
     * @throws S3Error as for a signed request
     */
    verifyForm(fields: ReadonlyMap<string, string>): Identity;
  };
