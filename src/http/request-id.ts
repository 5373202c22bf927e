import { randomBytes } from "node:crypto";

const PROCESS_TAG = randomBytes(4).toString("hex").toUpperCase();
let count = 0;

/** 16 hexadecimal digits, different for every request of this process and unlikely to meet another process's. */
export function newRequestId(): string {
  count = (count + 1) >>> 0;
  return PROCESS_TAG + count.toString(16).padStart(8, "0").toUpperCase();
}

/** The headers that name a request and its server in every answer. */
export function idHeaders(requestId: string, hostId: string): Readonly<Record<string, string>> {
  return { "X-Amz-Request-Id": requestId, "X-Amz-Id-2": hostId };
}
