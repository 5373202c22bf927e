import { S3Error } from "../errors/s3-error.ts";
import type { RequestHeaders } from "../http/headers.ts";
import { type CustomerKey, customerKey } from "./customer-key.ts";

const HEADER = "x-amz-server-side-encryption";

/** What kind of encryption a write asks for. */
export type Intent =
  | { readonly kind: "none" }
  | { readonly kind: "sse-s3" }
  | { readonly kind: "sse-c"; readonly customer: CustomerKey };

/**
 * Reads the encryption headers of a write.
 * @throws S3Error NotImplemented for SSE-KMS; InvalidArgument for an unknown method or two kinds at once; what
 * `customerKey` throws
 */
export function writeIntent(headers: RequestHeaders, secure: boolean): Intent {
  const method = headers.get(HEADER);
  refuseKmsHeaders(headers, method);
  const customer = customerKey(headers, secure);
  if (method === undefined) return customer === undefined ? { kind: "none" } : { kind: "sse-c", customer };
  if (customer !== undefined) {
    throw new S3Error("InvalidArgument", {
      message: "Server side encryption specified with both SSE-C and SSE-S3 headers",
    });
  }
  if (method.toUpperCase() !== "AES256") {
    throw new S3Error("InvalidArgument", {
      message: "The encryption method specified is not supported",
      fields: { ArgumentName: HEADER, ArgumentValue: method },
    });
  }
  return { kind: "sse-s3" };
}

/**
 * The customer key of a read.
 * @throws S3Error InvalidArgument when the SSE-S3 header is sent, which means nothing there
 */
export function readIntent(headers: RequestHeaders, secure: boolean): CustomerKey | undefined {
  if (headers.has(HEADER)) {
    throw new S3Error("InvalidArgument", {
      message: "x-amz-server-side-encryption header is not supported for this operation.",
      fields: { ArgumentName: HEADER },
    });
  }
  return customerKey(headers, secure);
}

function refuseKmsHeaders(headers: RequestHeaders, method: string | undefined): void {
  const kms = method?.toLowerCase().startsWith("aws:kms") === true ||
    headers.has(`${HEADER}-aws-kms-key-id`) || headers.has(`${HEADER}-context`) ||
    headers.has(`${HEADER}-bucket-key-enabled`);
  if (kms) throw new S3Error("NotImplemented");
}
