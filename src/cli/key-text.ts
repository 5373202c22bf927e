import { escapeLine } from "../log/text.ts";
import type { KmsKey, SealedUnder } from "../sse/sealed-under.ts";

/** A key of a KMS in words. The id may be anything: it comes from the metadata of an object. */
export function keyText({ keyId, version }: KmsKey): string {
  return `${escapeLine(JSON.stringify(keyId))}${version === undefined ? "" : `, version ${version}`}`;
}

/** What the data key of an object is sealed under, in words. */
export function sealText(seal: SealedUnder): string {
  if (seal.kind === "sse-s3") return `sealed under ${keyText(seal)}`;
  return seal.kind === "sse-c" ? "sealed by their customers" : "plain";
}
