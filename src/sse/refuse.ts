import { S3Error } from "../errors/s3-error.ts";
import type { RequestHeaders } from "../http/headers.ts";

const CUSTOMER_KEY = "x-amz-server-side-encryption-customer-";
const COPY_CUSTOMER_KEY = "x-amz-copy-source-server-side-encryption-customer-";

/**
 * Refuses a request that asks for encryption, which is never to be answered with plaintext on the disk.
 * @throws S3Error InvalidRequest for customer keys over plain HTTP; NotImplemented; InvalidArgument without a KMS
 */
export function refuseEncryption(headers: RequestHeaders, secure: boolean): void {
  let asked = false;
  for (const name of headers.names()) {
    if (name.startsWith(CUSTOMER_KEY) || name.startsWith(COPY_CUSTOMER_KEY)) {
      if (!secure) {
        throw new S3Error("InvalidRequest", {
          message:
            "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.",
        });
      }
      throw new S3Error("NotImplemented");
    }
    if (name.startsWith("x-amz-server-side-encryption")) asked = true;
  }
  if (!asked) return;
  if (headers.get("x-amz-server-side-encryption") !== "AES256") throw new S3Error("NotImplemented");
  throw new S3Error("InvalidArgument", {
    message: "Server side encryption specified but KMS is not configured",
  });
}
