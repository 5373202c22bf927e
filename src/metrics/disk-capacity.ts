import { statfs } from "node:fs/promises";
import type { Capacity } from "./figures.ts";

/** Size of the disk that a directory is on. @throws when it cannot be asked */
export async function diskCapacity(directory: string): Promise<Capacity> {
  const { bsize, blocks, bavail } = await statfs(directory);
  return { total: bsize * blocks, free: bsize * bavail };
}
