import { S3Error } from "../errors/s3-error.ts";
import { SSE_HEADER } from "../http/sse-headers.ts";

/** Customer keys sent in the clear. */
export function insecure(): S3Error {
  return new S3Error("InvalidRequest", {
    message:
      "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.",
  });
}

/** An SSE-C object whose key did not come along. */
export function customerKeyMissing(): S3Error {
  return new S3Error("InvalidRequest", {
    message:
      "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
  });
}

/** Customer keys for an object that has none. */
export function customerKeyNotApplicable(): S3Error {
  return new S3Error("InvalidRequest", {
    message: "The encryption parameters are not applicable to this object.",
  });
}

/** A part of an SSE-C upload that comes without the key. */
export function partKeyMissing(): S3Error {
  return new S3Error("InvalidRequest", {
    message:
      "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.",
  });
}

/** A part of an SSE-C upload that comes with another key. */
export function partKeyWrong(cause: unknown): S3Error {
  return new S3Error("InvalidRequest", {
    message: "The provided encryption parameters did not match the ones used originally.",
    cause,
  });
}

/** SSE-C and SSE-S3 in one request. */
export function twoKinds(): S3Error {
  return new S3Error("InvalidArgument", {
    message: "Server side encryption specified with both SSE-C and SSE-S3 headers",
  });
}

/** The header of SSE-S3 where it means nothing. */
export function notSupportedHere(): S3Error {
  return new S3Error("InvalidArgument", {
    message: `${SSE_HEADER} header is not supported for this operation.`,
    fields: { ArgumentName: SSE_HEADER },
  });
}

/** SSE-S3 on a server without a KMS. */
export function kmsMissing(): S3Error {
  return new S3Error("InvalidArgument", {
    message: "Server side encryption specified but KMS is not configured",
  });
}
