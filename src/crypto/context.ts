import { Buffer } from "node:buffer";

/** Names and values that a data key of a KMS is bound to. */
export type Context = Readonly<Record<string, string>>;

/**
 * The one form of a context that all sides agree on: `{"key":"value",...}` with keys in the order of their UTF-8 bytes.
 * Nothing is escaped, so it is JSON only as long as no quote or backslash occurs in it.
 */
export function canonicalContext(context: Context): string {
  const entries = Object.entries(context).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${entries.map(([key, value]) => `"${key}":"${value}"`).join(",")}}`;
}
