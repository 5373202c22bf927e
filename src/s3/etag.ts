/** One entity tag of a conditional header, without its quotes. */
export interface EntityTag {
  readonly value: string;
  /** Marked `W/`. */
  readonly weak: boolean;
}

/** What a conditional header names: any object at all (`*`), or some entity tags. */
export type EtagList = "*" | readonly EntityTag[];

/** The ETag as it stands in a header or document: in quotes. */
export function quoteEtag(etag: string): string {
  return `"${etag}"`;
}

/** An ETag from a header or document with or without quotes, as clients of S3 send both. */
export function unquoteEtag(text: string): string {
  const trimmed = text.trim();
  return trimmed.length >= 2 && trimmed.startsWith('"') && trimmed.endsWith('"')
    ? trimmed.slice(1, -1)
    : trimmed;
}

/**
 * The value of If-Match or If-None-Match (RFC 9110 section 13.1). Tags may lack their quotes. No tag of this
 * server holds a comma, so a foreign one that does falls apart into tags that match nothing.
 */
export function parseEtagList(text: string): EtagList {
  const tags: EntityTag[] = [];
  for (const piece of text.split(",")) {
    const tag = piece.trim();
    if (tag === "*") return "*";
    if (tag === "") continue;
    const weak = tag.startsWith("W/");
    tags.push({ value: unquoteEtag(weak ? tag.slice(2) : tag), weak });
  }
  return tags;
}

/** Whether the object's ETag is in the list by strong comparison: a weak tag matches nothing. For If-Match. */
export function matchesStrongly(list: EtagList, etag: string): boolean {
  return list === "*" || list.some((tag) => !tag.weak && tag.value === etag);
}

/** The same by weak comparison, in which `W/` makes no difference. For If-None-Match. */
export function matchesWeakly(list: EtagList, etag: string): boolean {
  return list === "*" || list.some((tag) => tag.value === etag);
}
