import { S3Error } from "../errors/s3-error.ts";

/**
 * Decodes `%XX` escapes to UTF-8 text (RFC 3986 section 2.1). Everything else stands for itself.
 * @throws S3Error InvalidURI when an escape is broken or the bytes are not UTF-8
 */
export function percentDecode(raw: string): string {
  if (!raw.includes("%")) return raw;
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new S3Error("InvalidURI");
  }
}

/** Encodes every byte but the unreserved ones of RFC 3986, as SigV4 and `encoding-type=url` want it. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Encodes a path, leaving `/` as it is. */
export function percentEncodePath(path: string): string {
  return /^[A-Za-z0-9\-._~/]*$/.test(path) ? path : percentEncode(path).replaceAll("%2F", "/");
}
