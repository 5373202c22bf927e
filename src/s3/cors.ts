import type { RequestHeaders } from "../http/headers.ts";
import type { Reply } from "./operation.ts";

/** What a page of any origin may send. */
const METHODS: ReadonlySet<string> = new Set(["GET", "PUT", "HEAD", "POST", "DELETE", "OPTIONS", "PATCH"]);

/**
 * What a page may read of an answer. `*` reaches the rest, such as `x-amz-meta-*`, of requests without credentials
 * of the browser, which are all that S3 needs.
 */
const EXPOSED = [
  "Date",
  "Etag",
  "Server",
  "Connection",
  "Accept-Ranges",
  "Content-Range",
  "Content-Encoding",
  "Content-Length",
  "Content-Type",
  "Content-Disposition",
  "Last-Modified",
  "Content-Language",
  "Cache-Control",
  "Retry-After",
  "X-Amz-Bucket-Region",
  "Expires",
  "X-Amz*",
  "*",
].join(", ");

const REQUESTED_METHOD = "access-control-request-method";
const REQUESTED_HEADERS = "access-control-request-headers";
const VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

/**
 * The answer to a preflight (Fetch standard, CORS protocol): any origin may use the methods of S3 with any headers. A
 * preflight that may not go on is answered without the permissions, as MinIO does.
 * @returns `undefined` when the headers are not those of a preflight
 */
export function preflightReply(headers: RequestHeaders): Reply | undefined {
  const method = headers.get(REQUESTED_METHOD);
  if (method === undefined) return undefined;
  const origin = originOf(headers);
  const allowed = origin !== undefined && METHODS.has(method.toUpperCase());
  return {
    status: 204,
    headers: {
      "Vary": VARY,
      ...(allowed
        ? {
          ...permission(origin),
          "Access-Control-Allow-Methods": method.toUpperCase(),
          ...allowedHeaders(headers.get(REQUESTED_HEADERS)),
        }
        : {}),
    },
  };
}

/** The headers that let a page of another origin read an answer; none when no page asks, or in a preflight. */
export function corsHeaders(headers: RequestHeaders): Record<string, string> {
  const origin = originOf(headers);
  if (origin === undefined || headers.has(REQUESTED_METHOD)) return {};
  return { ...permission(origin), "Access-Control-Expose-Headers": EXPOSED };
}

/** The origin itself rather than `*`, which browsers refuse where credentials are allowed. */
function permission(origin: string): Record<string, string> {
  return { "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true" };
}

/** The origin, if it is text that may go back into a header. */
function originOf(headers: RequestHeaders): string | undefined {
  const origin = headers.get("origin");
  return origin !== undefined && /^[\x21-\x7e]+$/.test(origin) ? origin : undefined;
}

function allowedHeaders(requested: string | undefined): Record<string, string> {
  const isList = requested !== undefined && /^[\w!#$%&'*+.^`|~, -]+$/.test(requested);
  return isList ? { "Access-Control-Allow-Headers": requested } : {};
}
