const KIB = 1024;
const MIB = 1024 * KIB;

/** MinIO's ranges of object sizes: name and the first size that is too large for it. */
const RANGES: readonly (readonly [name: string, end: number])[] = [
  ["LESS_THAN_1024_B", KIB],
  ["BETWEEN_1024_B_AND_1_MB", MIB],
  ["BETWEEN_1_MB_AND_10_MB", 10 * MIB],
  ["BETWEEN_10_MB_AND_64_MB", 64 * MIB],
  ["BETWEEN_64_MB_AND_128_MB", 128 * MIB],
  ["BETWEEN_128_MB_AND_512_MB", 512 * MIB],
  ["GREATER_THAN_512_MB", Infinity],
];

/** The names of all ranges, from small to large. */
export const SIZE_RANGES: readonly string[] = RANGES.map(([name]) => name);

/** The range that a size in bytes is in. */
export function rangeOf(size: number): string {
  const [name = ""] = RANGES.find(([, end]) => size < end) ?? [];
  return name;
}
