/** Smallest part but the last, in bytes of plaintext: 5 MiB. */
export const MIN_PART_SIZE = 5 * 2 ** 20;

/** Largest object: 5 TiB. */
export const MAX_OBJECT_SIZE = 5 * 2 ** 40;
