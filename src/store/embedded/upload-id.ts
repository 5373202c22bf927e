import { randomBytes } from "node:crypto";

let lastTime = 0;

/**
 * A new upload id: the time of initiation, so that the ids of a key sort by it, and 128 random bits. Ids of one process
 * ascend strictly.
 * @param now milliseconds since the epoch
 */
export function newUploadId(now: number): string {
  lastTime = Math.max(now * 1000, lastTime + 1);
  return lastTime.toString(16).padStart(14, "0") + randomBytes(16).toString("hex");
}
