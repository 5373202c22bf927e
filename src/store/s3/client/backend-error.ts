import { S3Error, type S3ErrorCode } from "../../../errors/s3-error.ts";
import { S3_ERRORS } from "../../../errors/table.ts";
import { childText, parseAnswer } from "../../../xml/xml-parser.ts";
import type { Answer } from "./answer.ts";

/** Longest error document that is read, in bytes. */
const MAX_DOCUMENT = 64 * 1024;

/** What a backend says of how the gateway signs: no fault of the client, whom it would only mislead. */
const FAULTS_OF_THE_GATEWAY = new Set([
  "AuthorizationHeaderMalformed",
  "ExpiredToken",
  "InvalidAccessKeyId",
  "InvalidChunkSizeError",
  "InvalidToken",
  "NotSignedUp",
  "RequestTimeTooSkewed",
  "SignatureDoesNotMatch",
  "UnsupportedSignature",
  "XAmzContentSHA256Mismatch",
]);

/** What other servers call a code of the table. */
const ALIASES: ReadonlyMap<string, S3ErrorCode> = new Map([
  ["NotFound", "NoSuchKey"],
  ["Forbidden", "AccessDenied"],
  ["Conflict", "ConditionalRequestConflict"],
  ["OperationAborted", "ConditionalRequestConflict"],
]);

/** Code and message of an error document; empty ones when there is none. */
export interface Said {
  readonly code: string;
  readonly message: string;
  readonly region: string | undefined;
}

/**
 * The error that an answer other than 2xx is, as the client is to see it: the backend's code and message, unless they
 * speak of the gateway's own signature.
 */
export async function errorOf(answer: Answer): Promise<S3Error> {
  return toError(answer.status, await whatIsSaid(answer), answer.headers);
}

/** The error in a document that came with status 200, as long operations send it; `undefined` for any other document. */
export function errorWithin(document: Uint8Array): S3Error | undefined {
  const said = parse(document);
  if (said.code === "") return undefined;
  const code = knownCode(said.code);
  return toError(code === undefined ? 500 : S3_ERRORS[code].status, said, new Map());
}

function toError(
  status: number,
  { code, message, region: named }: Said,
  headers: ReadonlyMap<string, string>,
): S3Error {
  const cause = new Error(`the backend answered ${status} ${code}: ${message}`);
  const region = headers.get("x-amz-bucket-region") ?? named;
  if (isElsewhere(status, code, region)) {
    const where = region === undefined ? "" : ` It is in the region ${region}: set MINIO_REGION to it.`;
    return new S3Error("InternalError", {
      message: `The backend of this gateway keeps the bucket elsewhere.${where}`,
      cause,
    });
  }
  if (FAULTS_OF_THE_GATEWAY.has(code)) {
    return new S3Error("InternalError", {
      message: "The backend of this gateway does not accept how the gateway signs.",
      cause,
    });
  }
  // Whoever says nothing but that nothing is there does not speak of S3: a proxy that has lost its server, for one.
  const known = code === "" && status === 404 ? "InternalError" : knownCode(code) ?? codeOfStatus(status);
  return new S3Error(known, {
    ...(message === "" ? {} : { message }),
    ...(code === "" || ALIASES.has(code) ? {} : { foreign: { code, status } }),
    headers: retryAfter(headers),
    cause,
  });
}

/** Whether the bucket is in another region: AWS redirects or, where it can not even read the signature, says 400. */
function isElsewhere(status: number, code: string, region: string | undefined): boolean {
  if (status >= 300 && status < 400) return status !== 304;
  return region !== undefined && (code === "AuthorizationHeaderMalformed" || (status === 400 && code === ""));
}

function retryAfter(headers: ReadonlyMap<string, string>): Record<string, string> {
  const after = headers.get("retry-after");
  return after === undefined ? {} : { "Retry-After": after };
}

function knownCode(code: string): S3ErrorCode | undefined {
  return ALIASES.get(code) ?? (Object.hasOwn(S3_ERRORS, code) ? code as S3ErrorCode : undefined);
}

/** What an answer without a document, or with a code of its own, means. */
function codeOfStatus(status: number): S3ErrorCode {
  switch (status) {
    case 401:
    case 403:
      return "AccessDenied";
    case 404:
      return "NoSuchKey";
    case 405:
      return "MethodNotAllowed";
    case 409:
      return "ConditionalRequestConflict";
    case 411:
      return "MissingContentLength";
    case 412:
    case 304:
      return "PreconditionFailed";
    case 413:
      return "EntityTooLarge";
    case 416:
      return "InvalidRange";
    case 429:
      return "SlowDown";
    case 501:
      return "NotImplemented";
    case 503:
      return "ServiceUnavailable";
    case 507:
      return "XMinioStorageFull";
    default:
      return status >= 400 && status < 500 ? "InvalidRequest" : "InternalError";
  }
}

/** What an answer other than 2xx says of itself. Never rejects. */
export async function whatIsSaid({ body }: Answer): Promise<Said> {
  try {
    return parse(await body.whole(MAX_DOCUMENT));
  } catch {
    return NOTHING;
  }
}

const NOTHING: Said = { code: "", message: "", region: undefined };

function parse(document: Uint8Array): Said {
  try {
    // Long operations send blanks for a sign of life before the document, where XML allows none.
    const text = new TextDecoder().decode(document).trimStart();
    const error = parseAnswer(new TextEncoder().encode(text), "Error");
    return {
      code: childText(error, "Code")?.trim() ?? "",
      message: childText(error, "Message") ?? "",
      region: childText(error, "Region"),
    };
  } catch {
    return NOTHING;
  }
}
