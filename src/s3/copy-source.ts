import { Buffer } from "node:buffer";
import { S3Error } from "../errors/s3-error.ts";
import type { RequestHeaders } from "../http/headers.ts";
import { checkBucketName, checkKey } from "./names.ts";
import { checkVersionId } from "./version-id.ts";

/** The object that a copy reads. */
export interface CopySource {
  readonly bucket: string;
  readonly key: string;
}

/**
 * The value of x-amz-copy-source: `bucket/key` with an optional leading slash and an optional `?versionId=null`.
 * It is encoded like a form, so that `+` is a space, and some clients escape even the slash between the two.
 * @throws S3Error InvalidArgument; InvalidBucketName, KeyTooLongError; NoSuchVersion
 */
export function copySource(headers: RequestHeaders): CopySource {
  const header = headers.get("x-amz-copy-source") ?? "";
  const version = /\?versionId=([^&?]*)$/.exec(header);
  const path = decodeForm(version === null ? header : header.slice(0, version.index));
  const cut = path === undefined ? -1 : path.indexOf("/", 1);
  if (path === undefined || cut < 0 || cut === path.length - 1) throw invalidSource(header);
  const bucket = path.slice(path.startsWith("/") ? 1 : 0, cut);
  const key = path.slice(cut + 1);
  checkBucketName(bucket);
  checkKey(key);
  checkVersionId(version?.[1]);
  return { bucket, key };
}

/** Decodes `%XX` and `+` in a header's bytes; `undefined` when an escape is broken or the bytes are not UTF-8. */
function decodeForm(header: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(header)) return undefined;
  const bytes = header.replaceAll("+", " ").replace(
    /%([0-9a-f]{2})/gi,
    (_escape, digits: string) => String.fromCharCode(parseInt(digits, 16)),
  );
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, "latin1"));
  } catch {
    return undefined;
  }
}

function invalidSource(header: string): S3Error {
  return new S3Error("InvalidArgument", {
    message: "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
    fields: { ArgumentName: "x-amz-copy-source", ArgumentValue: header },
  });
}
