import { createHash } from "node:crypto";
import type { Secret } from "../../../crypto/secret.ts";
import { RequestHeaders } from "../../../http/headers.ts";
import { formatAmzDate } from "../../../sigv4/amz-date.ts";
import { canonicalRequest, EMPTY_SHA256, sha256Hex, stringToSign } from "../../../sigv4/canonical.ts";
import { type CredentialScope, scopeText } from "../../../sigv4/scope.ts";
import { signature, SigningKeys } from "../../../sigv4/signing-key.ts";

/** Who a backend takes us for. */
export interface BackendCredentials {
  readonly accessKey: string;
  readonly secretKey: Secret;
  /** Of temporary credentials. */
  readonly sessionToken?: Secret;
}

/** What is signed of a request. */
export interface ToSign {
  readonly method: string;
  readonly path: string;
  /** Decoded. */
  readonly query: readonly (readonly [string, string])[];
  /** With `Host`; values in Latin-1. */
  readonly headers: Readonly<Record<string, string>>;
  /** For `x-amz-content-sha256`. */
  readonly payloadHash: string;
}

/** What S3 wants signed. A proxy on the way may change the others. */
const SIGNED = /^(?:host|content-type|content-md5|x-amz-.*)$/i;

/** Signs requests to a backend with Signature Version 4. */
export class RequestSigner {
  readonly #credentials: BackendCredentials;
  readonly #region: string;
  readonly #keys = new SigningKeys();

  constructor(credentials: BackendCredentials, region: string) {
    this.#credentials = credentials;
    this.#region = region;
  }

  /** All headers of the signed request, and the seal for a body whose chunks are signed one by one. */
  sign(request: ToSign): { readonly headers: Record<string, string>; readonly chain: SignatureChain } {
    const { accessKey, secretKey, sessionToken } = this.#credentials;
    const date = formatAmzDate(Date.now());
    const scope: CredentialScope = { accessKey, day: date.slice(0, 8), region: this.#region };
    const headers: Record<string, string> = {
      ...request.headers,
      "x-amz-content-sha256": request.payloadHash,
      "x-amz-date": date,
      ...(sessionToken === undefined
        ? {}
        : { "x-amz-security-token": new TextDecoder().decode(sessionToken.reveal()) }),
    };
    const pairs = Object.entries(headers).filter(([name]) => SIGNED.test(name));
    const signedHeaders = pairs.map(([name]) => name.toLowerCase()).sort();
    const canonical = canonicalRequest({
      method: request.method,
      rawPath: request.path,
      query: request.query,
      headers: new RequestHeaders(pairs.flat()),
      signedHeaders,
      payloadHash: request.payloadHash,
    });
    const key = this.#keys.get(secretKey, scope);
    const seed = signature(key, stringToSign(date, scopeText(scope), canonical));
    headers["Authorization"] = `AWS4-HMAC-SHA256 Credential=${accessKey}/${scopeText(scope)}, SignedHeaders=${
      signedHeaders.join(";")
    }, Signature=${seed}`;
    return { headers, chain: new SignatureChain(key, date, scopeText(scope), seed) };
  }
}

/** Signatures of chunks and trailers, each over the one before it. */
export class SignatureChain {
  readonly #key: Secret;
  readonly #place: string;
  #previous: string;

  constructor(key: Secret, date: string, scope: string, seed: string) {
    this.#key = key;
    this.#place = `${date}\n${scope}`;
    this.#previous = seed;
  }

  /** The signature of the next chunk. */
  chunk(bytes: Uint8Array): string {
    const hash = createHash("sha256").update(bytes).digest("hex");
    return this.#next("AWS4-HMAC-SHA256-PAYLOAD", `${EMPTY_SHA256}\n${hash}`);
  }

  /** The signature of the trailers. @param covered `name:value\n` for each */
  trailers(covered: string): string {
    return this.#next("AWS4-HMAC-SHA256-TRAILER", sha256Hex(covered));
  }

  #next(kind: string, covered: string): string {
    this.#previous = signature(this.#key, `${kind}\n${this.#place}\n${this.#previous}\n${covered}`);
    return this.#previous;
  }
}
