/** How long after its data the document of an object may still come, in milliseconds. */
const LONGEST_WRITE = 60 * 60_000;

/**
 * Whether the writer of data of this age may not have written its document yet.
 * @param lastModified milliseconds since the epoch; 0 where the backend does not tell
 */
export function mayBeUnfinished(lastModified: number): boolean {
  return lastModified === 0 || lastModified >= Date.now() - LONGEST_WRITE;
}
