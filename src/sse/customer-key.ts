import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { Secret } from "../crypto/secret.ts";
import { S3Error } from "../errors/s3-error.ts";
import type { RequestHeaders } from "../http/headers.ts";
import { CUSTOMER_ALGORITHM } from "../http/sse-headers.ts";
import { customerKeyNotApplicable, insecure } from "./faults.ts";

/** A key that the client sends with every request on its object, and its MD5 as the answer repeats it. */
export interface CustomerKey {
  /** 32 bytes. */
  readonly key: Secret;
  /** Base64. */
  readonly md5: string;
}

/** Where the three headers of a customer key stand: for the object itself, or for the source of a copy. */
export type CustomerKeyPlace = "object" | "copy-source";

const NAMES = {
  "object": {
    algorithm: CUSTOMER_ALGORITHM,
    key: "x-amz-server-side-encryption-customer-key",
    md5: "x-amz-server-side-encryption-customer-key-md5",
  },
  "copy-source": {
    algorithm: "x-amz-copy-source-server-side-encryption-customer-algorithm",
    key: "x-amz-copy-source-server-side-encryption-customer-key",
    md5: "x-amz-copy-source-server-side-encryption-customer-key-md5",
  },
} as const satisfies Record<CustomerKeyPlace, unknown>;

/**
 * Refuses customer keys that were sent in the clear, wherever they stand.
 * @throws S3Error InvalidRequest
 */
export function refuseInsecureKeys(headers: RequestHeaders, secure: boolean): void {
  if (!secure && (hasCustomerKey(headers, "object") || hasCustomerKey(headers, "copy-source"))) {
    throw insecure();
  }
}

/**
 * Refuses the key of a copy's source where nothing is copied.
 * @throws S3Error InvalidRequest
 */
export function refuseStrayCopyKeys(headers: RequestHeaders): void {
  if (!headers.has("x-amz-copy-source") && hasCustomerKey(headers, "copy-source")) {
    throw customerKeyNotApplicable();
  }
}

/**
 * The customer key of a request, `undefined` when it carries none of the three headers (minio-formats 10.2).
 * @throws S3Error InvalidRequest over plain HTTP; InvalidArgument, InvalidEncryptionAlgorithmError for bad headers
 */
export function customerKey(
  headers: RequestHeaders,
  secure: boolean,
  place: CustomerKeyPlace = "object",
): CustomerKey | undefined {
  refuseInsecureKeys(headers, secure);
  if (!hasCustomerKey(headers, place)) return undefined;
  const names = NAMES[place];
  const algorithm = headers.get(names.algorithm);
  const text = headers.get(names.key);
  const md5 = headers.get(names.md5);
  if (algorithm === undefined) throw missing("provide a valid encryption algorithm", names.algorithm);
  if (algorithm !== "AES256") {
    throw new S3Error("InvalidEncryptionAlgorithmError", { fields: { ArgumentName: names.algorithm } });
  }
  if (text === undefined) throw missing("provide an appropriate secret key", names.key);
  if (md5 === undefined) throw missing("provide the client calculated MD5 of the secret key", names.md5);
  return decodeKey(text, md5, place);
}

function hasCustomerKey(headers: RequestHeaders, place: CustomerKeyPlace): boolean {
  const { algorithm, key, md5 } = NAMES[place];
  return headers.has(algorithm) || headers.has(key) || headers.has(md5);
}

function decodeKey(text: string, md5: string, place: CustomerKeyPlace): CustomerKey {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 32 || bytes.toString("base64") !== text) {
    throw new S3Error("InvalidArgument", {
      message: "The secret key was invalid for the specified algorithm.",
      fields: { ArgumentName: NAMES[place].key },
    });
  }
  const told = Buffer.from(md5);
  const real = Buffer.from(createHash("md5").update(bytes).digest("base64"));
  if (told.length !== real.length || !timingSafeEqual(told, real)) {
    throw new S3Error("InvalidArgument", {
      message: "The calculated MD5 hash of the key did not match the hash that was provided.",
      fields: { ArgumentName: NAMES[place].md5 },
    });
  }
  const key = new Secret(bytes);
  bytes.fill(0);
  return { key, md5 };
}

function missing(what: string, header: string): S3Error {
  return new S3Error("InvalidArgument", {
    message: `Requests specifying Server Side Encryption with Customer provided keys must ${what}.`,
    fields: { ArgumentName: header },
  });
}

/** What an answer says of an object under a customer key. */
export function customerKeyHeaders({ md5 }: CustomerKey): Readonly<Record<string, string>> {
  return {
    [CUSTOMER_ALGORITHM]: "AES256",
    "x-amz-server-side-encryption-customer-key-MD5": md5,
  };
}
