import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { S3Error } from "../../errors/s3-error.ts";
import { SSE_HEADER } from "../../http/sse-headers.ts";
import type { BackendEncryption } from "../store.ts";
import { type Endpoint, isLoopback } from "./client/endpoint.ts";

/** Whether a customer's key may be sent: over TLS always, in the clear to this very machine where that is allowed. */
export interface KeyRules {
  readonly secure: boolean;
  readonly overLoopback: boolean;
}

/** @param allowLoopback whether the operator lets keys go over plain HTTP to this machine */
export function keyRules({ secure, host }: Endpoint, allowLoopback: boolean): KeyRules {
  return { secure, overLoopback: allowLoopback && isLoopback(host) };
}

/** Whether keys of customers can be sent at all. */
export function mayCarryKeys({ secure, overLoopback }: KeyRules): boolean {
  return secure || overLoopback;
}

/**
 * Headers that ask for an encryption when an object or upload is begun.
 * @throws S3Error InvalidRequest for a customer's key that would go over plain HTTP
 */
export function headersOfWrite(
  encryption: BackendEncryption | undefined,
  rules: KeyRules,
): Record<string, string> {
  if (encryption?.kind === "sse-s3") return { [SSE_HEADER]: "AES256" };
  if (encryption?.kind === "sse-kms") return { ...encryption.headers };
  return headersOfKey(encryption, rules);
}

/** Headers that give a customer's key, where there is one. @throws S3Error InvalidRequest as `headersOfWrite` */
export function headersOfKey(
  encryption: BackendEncryption | undefined,
  rules: KeyRules,
  place: "object" | "copy-source" = "object",
): Record<string, string> {
  if (encryption?.kind !== "sse-c") return {};
  if (!mayCarryKeys(rules)) {
    throw new S3Error("InvalidRequest", {
      message:
        "This gateway reaches its backend over plain HTTP, where it does not send the keys of customers. Use SSE-S3, or give the gateway an https:// backend.",
    });
  }
  const prefix = place === "object"
    ? `${SSE_HEADER}-customer-`
    : "x-amz-copy-source-server-side-encryption-customer-";
  const key = Buffer.from(encryption.key.reveal());
  const headers = {
    [`${prefix}algorithm`]: "AES256",
    [`${prefix}key`]: key.toString("base64"),
    [`${prefix}key-MD5`]: createHash("md5").update(key).digest("base64"),
  };
  key.fill(0);
  return headers;
}

/** What an answer says of the backend's encryption, under the names that clients know. */
export function encryptionOf(headers: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const entries = [...headers].filter(([name]) =>
    name.startsWith(SSE_HEADER) && name !== `${SSE_HEADER}-customer-key`
  );
  return Object.fromEntries(entries);
}
