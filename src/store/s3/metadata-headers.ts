import { canonicalName } from "../../http/headers.ts";
import type { Metadata } from "../store.ts";
import { STORAGE_CLASS } from "../storage-class.ts";

/** Headers beside user metadata that a backend keeps with an object; their names are the same in metadata. */
const SYSTEM = new Set([
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
  STORAGE_CLASS,
  "x-amz-website-redirect-location",
]);

const USER_PREFIX = "x-amz-meta-";

/** The headers of a write that give an object this metadata. Internal names are not for a backend's eyes. */
export function headersOf(metadata: Metadata): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata)) {
    const lower = name.toLowerCase();
    if (lower === "content-encoding") headers["Content-Encoding"] = value;
    else if (SYSTEM.has(lower) || lower.startsWith(USER_PREFIX)) headers[lower] = value;
  }
  return headers;
}

/** The metadata that the headers of an answer show. */
export function metadataOf(headers: ReadonlyMap<string, string>): Metadata {
  const entries: [string, string][] = [];
  for (const [name, value] of headers) {
    if (name.startsWith(USER_PREFIX)) entries.push([canonicalName(name), value]);
    else if (SYSTEM.has(name)) {
      entries.push([name, name === "content-encoding" ? withoutChunks(value) : value]);
    }
  }
  return Object.fromEntries(entries.filter(([name, value]) => value !== "" || name.startsWith("X-")));
}

/** Some backends keep the name of the transfer as if it were the object's. */
function withoutChunks(value: string): string {
  return value.split(",").map((coding) => coding.trim()).filter((coding) => coding !== "aws-chunked").join(
    ",",
  );
}
