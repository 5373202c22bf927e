/** An ETag as it rests, and as the client sees it. */
export interface KnownEtag {
  readonly stored: string;
  readonly shown: string;
}

/**
 * The ETag of what was just written, as the client sees it. A store that is another server may have named it otherwise
 * than it was told to.
 * @param kept as the store says
 */
export function shownEtag({ stored, shown }: KnownEtag, kept: string): string {
  return kept === stored ? shown : kept;
}
