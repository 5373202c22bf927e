import { Buffer } from "node:buffer";
import { S3Error } from "../../errors/s3-error.ts";
import type { PaceLimits } from "../../http/pace.ts";
import type { S3Request } from "../../http/request.ts";
import type { Payload } from "../authentication.ts";
import type { VerifiedSignature } from "../sigv4/context.ts";
import { chunkedPayload } from "./chunked-payload.ts";
import { plainPayload } from "./plain-payload.ts";

/** What `x-amz-content-sha256` says of a body that nothing is promised of. */
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

/**
 * The verifier that the value of `x-amz-content-sha256` asks for.
 * @param seed the signature of the request; `undefined` for an unsigned one
 * @param limits what the client has to keep up with
 * @throws S3Error InvalidArgument, MissingContentLength, MalformedTrailerError; InvalidRequest for signed chunks in an
 * unsigned request
 */
export function payloadOf(
  request: S3Request,
  declared: string,
  seed: VerifiedSignature | undefined,
  limits: PaceLimits,
): Payload {
  const withTrailers = declared.endsWith("-TRAILER");
  if (!withTrailers && request.headers.has("x-amz-trailer")) {
    throw new S3Error("MalformedTrailerError", {
      message: "x-amz-trailer announces trailing headers, but x-amz-content-sha256 says that there are none.",
    });
  }
  switch (declared) {
    case UNSIGNED_PAYLOAD:
      return plainPayload(request, undefined, limits);
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD":
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER":
      if (seed === undefined) {
        throw new S3Error("InvalidRequest", {
          message: "A request that is not signed has no signed chunks.",
        });
      }
      return chunkedPayload(request, { seed, withTrailers }, limits);
    case "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
      return chunkedPayload(request, { seed: undefined, withTrailers }, limits);
  }
  if (!/^[0-9a-f]{64}$/.test(declared)) {
    throw new S3Error("InvalidArgument", {
      message: "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, " +
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
      fields: { ArgumentName: "x-amz-content-sha256", ArgumentValue: declared },
    });
  }
  return plainPayload(request, Buffer.from(declared, "hex"), limits);
}
