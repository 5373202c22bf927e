import { S3Error } from "../errors/s3-error.ts";
import type { RequestHeaders } from "../http/headers.ts";
import { SSE_HEADER } from "../http/sse-headers.ts";
import { type CustomerKey, customerKey, refuseInsecureKeys, refuseStrayCopyKeys } from "./customer-key.ts";
import { notSupportedHere, twoKinds } from "./faults.ts";

/** What kind of encryption a write asks for. */
export type Intent =
  | { readonly kind: "none" }
  | { readonly kind: "sse-s3" }
  | { readonly kind: "sse-c"; readonly customer: CustomerKey };

/**
 * Reads the encryption headers of a write. What asks for encryption in any way is answered with it or refused.
 * @throws S3Error NotImplemented for SSE-KMS; InvalidArgument for an unknown method or two kinds at once; what
 * `customerKey` throws
 */
export function writeIntent(headers: RequestHeaders, secure: boolean): Intent {
  refuseInsecureKeys(headers, secure);
  refuseStrayCopyKeys(headers);
  const method = headers.get(SSE_HEADER);
  refuseKms(headers, method);
  const customer = customerKey(headers, secure);
  if (method === undefined) return customer === undefined ? { kind: "none" } : { kind: "sse-c", customer };
  if (customer !== undefined) throw twoKinds();
  if (method.toUpperCase() !== "AES256") {
    throw new S3Error("InvalidArgument", {
      message: "The encryption method specified is not supported",
      fields: { ArgumentName: SSE_HEADER },
    });
  }
  return { kind: "sse-s3" };
}

/**
 * The customer key of a read.
 * @throws S3Error InvalidArgument when the SSE-S3 header is sent, which means nothing there; what `customerKey` throws
 */
export function readIntent(headers: RequestHeaders, secure: boolean): CustomerKey | undefined {
  refuseInsecureKeys(headers, secure);
  if (headers.has(SSE_HEADER)) throw notSupportedHere();
  return customerKey(headers, secure);
}

function refuseKms(headers: RequestHeaders, method: string | undefined): void {
  const asked = method?.toLowerCase().startsWith("aws:kms") === true ||
    headers.has(`${SSE_HEADER}-aws-kms-key-id`) || headers.has(`${SSE_HEADER}-context`) ||
    headers.get(`${SSE_HEADER}-bucket-key-enabled`)?.toLowerCase() === "true";
  if (asked) throw new S3Error("NotImplemented");
}
