import { Buffer } from "node:buffer";
import { S3Error } from "../errors/s3-error.ts";

/** What the header x-amz-copy-source names. Not yet validated. */
export interface NamedSource {
  readonly bucket: string;
  readonly key: string;
  /** As sent; `undefined` when it names none. */
  readonly versionId: string | undefined;
}

/**
 * Takes apart `bucket/key` with an optional leading slash and an optional `?versionId=...`. It is encoded like a form,
 * so that `+` is a space, and some clients escape even the slash between the two. A policy reads the source with this
 * as the copy does, so that no spelling of it slips past.
 * @param header one Latin-1 character for each byte sent
 * @throws S3Error InvalidArgument
 */
export function parseCopySource(header: string): NamedSource {
  const version = /\?versionId=([^&?]*)$/.exec(header);
  const path = decodeForm(version === null ? header : header.slice(0, version.index));
  const cut = path === undefined ? -1 : path.indexOf("/", 1);
  if (path === undefined || cut < 0 || cut === path.length - 1) throw invalidSource(header);
  return {
    bucket: path.slice(path.startsWith("/") ? 1 : 0, cut),
    key: path.slice(cut + 1),
    versionId: version?.[1],
  };
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
