import { randomBytes } from "node:crypto";

const TIMES_PER_MS = 4096;
let last = 0;

/**
 * A new upload id: a UUID of version 7, which begins with the time of initiation, so that the ids of a key sort by it.
 * Ids of one process ascend strictly.
 * @param now milliseconds since the epoch
 */
export function newUploadId(now: number): string {
  last = Math.max(now * TIMES_PER_MS, last + 1);
  const time = last.toString(16).padStart(15, "0");
  const random = randomBytes(8);
  random.writeUInt8((random.readUInt8(0) & 0x3f) | 0x80, 0);
  const tail = random.toString("hex");
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${time.slice(12)}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}

/** When an upload with such an id was begun, in milliseconds since the epoch; `undefined` for one of MinIO's ids. */
export function initiatedAt(uploadId: string): number | undefined {
  const time = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-/.exec(uploadId);
  return time === null ? undefined : Number.parseInt(`${time[1]}${time[2]}`, 16);
}

/** Whether an upload can have this id, which becomes the name of its directory. */
export function isUploadId(uploadId: string): boolean {
  return /^[0-9A-Za-z][0-9A-Za-z-]{0,63}(~[a-z]{1,8})?$/.test(uploadId);
}
