import { malformedPolicy } from "./malformed.ts";

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A text or a list of texts; numbers and truth values count as their text.
 * @throws S3Error MalformedPolicy for anything else and for an empty list
 */
export function readTexts(value: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw malformedPolicy("Invalid policy syntax.");
  return list.map((item) => {
    if (typeof item === "string") return item;
    if (typeof item === "number" || typeof item === "boolean") return String(item);
    throw malformedPolicy("Invalid policy syntax.");
  });
}
