import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";

const PROCESS_TAG = randomBytes(4).readUInt32BE(0);
let count = 0;

/** 16 hexadecimal digits, different for every request of this process and unlikely to meet another process's. */
export function newRequestId(): string {
  count = (count + 1) >>> 0;
  const id = Buffer.allocUnsafe(8);
  id.writeUInt32BE(PROCESS_TAG, 0);
  id.writeUInt32BE(count, 4);
  return id.toString("hex").toUpperCase();
}

/** The headers that name a request and its server in every answer. */
export function idHeaders(requestId: string, hostId: string): Readonly<Record<string, string>> {
  return { "X-Amz-Request-Id": requestId, "X-Amz-Id-2": hostId };
}
