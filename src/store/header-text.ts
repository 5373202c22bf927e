import { Buffer } from "node:buffer";

/**
 * Metadata values inside the program are header text, one character for each byte that the client sent. In the JSON of MinIO they
 * are the text that those bytes are in UTF-8, where bytes that are no UTF-8 have become U+FFFD.
 */

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lossy = new TextDecoder("utf-8", { ignoreBOM: true });

/** Header text as JSON keeps it, and whether it comes back from there unchanged. */
export function toUtf8Text(header: string): { readonly text: string; readonly exact: boolean } {
  const bytes = Buffer.from(header, "latin1");
  try {
    return { text: strict.decode(bytes), exact: true };
  } catch {
    return { text: lossy.decode(bytes), exact: false };
  }
}

/** The header text of what JSON keeps. */
export function toHeaderText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
