import type { RequestHeaders } from "../../http/headers.ts";
import { formatAmzDate, parseAmzDate } from "../../sigv4/amz-date.ts";

/** When a request was signed. */
export interface SigningTime {
  /** `YYYYMMDD'T'HHMMSS'Z'`, as it stands in the string to sign. */
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/**
 * When the client says that it signed: `x-amz-date`, or `Date` where only that is sent.
 * @returns `undefined` when there is neither, or it cannot be read
 */
export function signingTime(headers: RequestHeaders): SigningTime | undefined {
  const text = headers.get("x-amz-date") ?? headers.get("date");
  if (text === undefined) return undefined;
  const time = parseAmzDate(text);
  if (time !== undefined) return { text, time };
  return headers.has("x-amz-date") ? undefined : fromHttpDate(text);
}

/** `Fri, 24 May 2013 00:00:00 GMT`, the one form of RFC 9110 section 5.6.7 that clients write. */
function fromHttpDate(text: string): SigningTime | undefined {
  const time = Date.parse(text);
  if (Number.isNaN(time) || new Date(time).toUTCString() !== text) return undefined;
  return { text: formatAmzDate(time), time };
}
