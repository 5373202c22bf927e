import { Buffer } from "node:buffer";
import type { Payload, VerifiedBody } from "../auth/authentication.ts";
import type { DigestName, Digests } from "../digest/digest.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { RequestHeaders } from "../http/headers.ts";
import type { ChecksumAlgorithm, ChecksumPlan } from "../store/store.ts";
import { digestName, isChecksum, type RequestChecksum, requestChecksum } from "./checksums.ts";
import type { Call } from "./operation.ts";

/** The most bytes that one PutObject, UploadPart or CopyObject may move: 5 GiB. */
export const MAX_SINGLE_WRITE = 5 * 2 ** 30;

/** A checksum of the body that just passed, base64. */
export interface BodyChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
}

/** What is known of a body once all of it has passed. */
export interface BodyResult {
  readonly size: number;
  /** 16 bytes, where it was wanted. */
  readonly md5: Uint8Array | undefined;
  readonly checksum: BodyChecksum | undefined;
}

/** Bytes that are verified while they pass. Nothing is read before `chunks` is iterated. */
export interface PassingBody {
  /** Ends normally only when every promise of the request about its body has been kept. May be iterated once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Only after `chunks` has ended. */
  result(): BodyResult;
}

/** The body of a write. */
export interface ReceivedBody extends PassingBody {
  /** Declared bytes. */
  readonly size: number;
}

/** What an operation wants of the body that it receives. */
export interface BodyOptions {
  /** Most bytes. */
  readonly maximum: number;
  readonly wantMd5: boolean;
  /** In place of the request's own headers. */
  readonly headers?: RequestHeaders;
  /** The checksum of the upload that this body is a part of: computed when the client sends none. */
  readonly checksum?: ChecksumPlan | undefined;
}

/**
 * Receives the body of a write: checks at once what the headers declare of it (length, Content-MD5, checksum), and
 * while it passes that it is so.
 * @throws S3Error MissingContentLength, EntityTooLarge, InvalidDigest, InvalidRequest; from `chunks` BadDigest,
 * IncompleteBody, InvalidRequest, and whatever the signature's verifier throws
 */
export function receiveBody(call: Call, options: BodyOptions): ReceivedBody {
  const { payload } = call.auth;
  const size = declaredSize(payload.length, options.maximum);
  const headers = options.headers ?? call.request.headers;
  return { size, ...passBody(payload, { ...options, headers, size }) };
}

/**
 * The same for bytes that are not the body of the request itself: the file of a form, whose size nobody declares
 * and which has to keep to a maximum of its own.
 * @throws S3Error as `receiveBody`
 */
export function passBody(
  payload: Payload,
  { headers, wantMd5, checksum: plan, size }: {
    readonly headers: RequestHeaders;
    readonly wantMd5: boolean;
    readonly checksum?: ChecksumPlan | undefined;
    readonly size?: number;
  },
): PassingBody {
  const contentMd5 = expectedMd5(headers);
  const checksum = expectedChecksum(headers, payload.announcedTrailers, plan);
  const names = new Set<DigestName>();
  if (wantMd5 || contentMd5 !== undefined) names.add("md5");
  if (checksum !== undefined) names.add(digestName(checksum.algorithm));
  let result: BodyResult | undefined;

  async function* chunks(): AsyncGenerator<Uint8Array> {
    const body = payload.open([...names]);
    let received = 0;
    for await (const chunk of body) {
      received += chunk.length;
      yield chunk;
    }
    if (size !== undefined && received !== size) throw new S3Error("IncompleteBody");
    const digests = body.digests();
    const md5 = digests.get("md5");
    if (contentMd5 !== undefined && (md5 === undefined || !contentMd5.equals(md5))) {
      throw new S3Error("BadDigest");
    }
    result = { size: received, md5, checksum: checksum && verifiedChecksum(checksum, digests, body) };
  }

  return {
    chunks: chunks(),
    result() {
      if (result === undefined) throw new S3Error("InternalError", { cause: "the body has not ended yet" });
      return result;
    },
  };
}

function declaredSize(length: number | undefined, maximum: number): number {
  if (length === undefined) throw new S3Error("MissingContentLength");
  if (length > maximum) {
    throw new S3Error("EntityTooLarge", {
      fields: { ProposedSize: String(length), MaxSizeAllowed: String(maximum) },
    });
  }
  return length;
}

function expectedMd5(headers: RequestHeaders): Buffer | undefined {
  const header = headers.get("content-md5");
  if (header === undefined) return undefined;
  const md5 = Buffer.from(header, "base64");
  if (md5.length !== 16 || md5.toString("base64") !== header.trim()) throw new S3Error("InvalidDigest");
  return md5;
}

function expectedChecksum(
  headers: RequestHeaders,
  announcedTrailers: readonly string[],
  plan: ChecksumPlan | undefined,
): RequestChecksum | undefined {
  const sent = requestChecksum(headers, announcedTrailers);
  if (plan === undefined || sent?.algorithm === plan.algorithm) return sent;
  if (sent === undefined) return { algorithm: plan.algorithm };
  throw new S3Error("InvalidRequest", {
    message: `Checksum Type mismatch occurred, expected checksum Type: ${
      digestName(plan.algorithm)
    }, actual checksum Type: ${digestName(sent.algorithm)}`,
  });
}

function verifiedChecksum(
  { algorithm, expected, trailer }: RequestChecksum,
  digests: Digests,
  body: VerifiedBody,
): BodyChecksum {
  const value = Buffer.from(digests.get(digestName(algorithm)) ?? []).toString("base64");
  const promised = trailer === undefined ? expected : body.trailers().get(trailer) ?? "";
  if (promised === undefined) return { algorithm, value };
  if (trailer !== undefined && !isChecksum(algorithm, promised)) {
    throw new S3Error("InvalidRequest", { message: `Value for ${trailer} trailing header is invalid.` });
  }
  if (promised !== value) {
    throw new S3Error("BadDigest", {
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    });
  }
  return { algorithm, value };
}
