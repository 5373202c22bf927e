import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** `MD5(part MD5s)-N`, from the stored hexadecimal ETags of the parts (minio-formats section 6). */
export function multipartEtag(storedEtags: readonly string[]): string {
  const hash = createHash("md5");
  for (const etag of storedEtags) hash.update(Buffer.from(etag, "hex"));
  return `${hash.digest("hex")}-${storedEtags.length}`;
}
