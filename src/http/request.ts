import type { IncomingMessage } from "node:http";
import { RequestHeaders } from "./headers.ts";
import { percentDecode } from "./percent.ts";
import { QueryParameters } from "./query.ts";
import type { Traffic } from "./traffic.ts";

/**
 * One request as it came over the wire. The path that is signed, authorised and used is this one raw path;
 * nothing normalises it.
 */
export interface S3Request {
  /** 16 hexadecimal digits, unique in this process; sent as `x-amz-request-id`. */
  readonly id: string;
  readonly method: string;
  /** Path as sent, without the query, percent-escapes untouched. */
  readonly rawPath: string;
  /** What stands after `?`, as sent. */
  readonly rawQuery: string;
  readonly query: QueryParameters;
  readonly headers: RequestHeaders;
  /** Decoded bucket name from path or host, `""` for the service itself. Not yet validated. */
  readonly bucket: string;
  /** Decoded key, `""` for the bucket itself. Not yet validated. */
  readonly key: string;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** Address of the peer, without port. */
  readonly remoteAddress: string;
  /** Milliseconds since the epoch at arrival. */
  readonly receivedAt: number;
  /** The raw message. Its body is read by `auth` alone. */
  readonly incoming: IncomingMessage;
  /** What has gone over the wire for it so far. */
  readonly traffic: Traffic;
  /** Sends `100 Continue` if the client waits for it; called when the body is first wanted. */
  readonly sendContinue: () => void;
}

/** Path and query of a request target; an absolute-form target loses its scheme and host. */
export function splitTarget(target: string): { rawPath: string; rawQuery: string } {
  const origin = /^https?:\/\/[^/?]*/i.exec(target)?.[0] ?? "";
  const rest = target.slice(origin.length);
  const cut = rest.indexOf("?");
  const path = cut < 0 ? rest : rest.slice(0, cut);
  return { rawPath: path.startsWith("/") ? path : `/${path}`, rawQuery: cut < 0 ? "" : rest.slice(cut + 1) };
}

/**
 * Bucket and key that a raw path and a Host header name. The path is cut before it is decoded, so an escaped
 * slash never moves the border between bucket and key.
 * @param domains the configured `MINIO_DOMAIN` names; `bucket.domain` as host names the bucket
 * @throws S3Error InvalidURI
 */
export function bucketAndKey(
  rawPath: string,
  host: string,
  domains: readonly string[],
): { bucket: string; key: string } {
  const path = rawPath.slice(1);
  const name = host.replace(/:\d+$/, "").toLowerCase();
  for (const domain of domains) {
    if (!name.endsWith(`.${domain}`)) continue;
    return { bucket: name.slice(0, -domain.length - 1), key: percentDecode(path) };
  }
  const cut = path.indexOf("/");
  if (cut < 0) return { bucket: percentDecode(path), key: "" };
  return { bucket: percentDecode(path.slice(0, cut)), key: percentDecode(path.slice(cut + 1)) };
}
