import { STATUS_CODES } from "node:http";
import { QueryParameters } from "../http/query.ts";
import { splitTarget } from "../http/request.ts";
import { CLIENT_GONE, type Exchange } from "../s3/exchange.ts";
import { redacted } from "./redaction.ts";

/**
 * What the audit log keeps of a request: one JSON object in MinIO's shape, version 1. Headers and query parameters are
 * kept, secrets in them are not, and no body is.
 */
export function auditEntry(exchange: Exchange, deploymentId: string): string {
  const { api, status, errorCode, traffic, took, requestId, request, accessKey, incoming } = exchange;
  const { rawPath, rawQuery } = splitTarget(incoming.url ?? "/");
  return JSON.stringify({
    version: "1",
    deploymentid: deploymentId,
    time: new Date().toISOString(),
    trigger: "incoming",
    api: {
      name: api,
      bucket: request?.bucket || undefined,
      object: request?.key || undefined,
      status: status === CLIENT_GONE ? "Client Closed Request" : STATUS_CODES[status],
      statusCode: status,
      rx: traffic.received,
      tx: traffic.sent,
      timeToFirstByte: traffic.firstByteAfter === undefined ? undefined : nanoseconds(traffic.firstByteAfter),
      timeToResponse: nanoseconds(took),
    },
    remotehost: request?.remoteAddress,
    requestID: requestId,
    userAgent: incoming.headers["user-agent"],
    requestPath: rawPath,
    requestHost: incoming.headers.host,
    requestQuery: queryOf(request?.query ?? rawQuery),
    requestHeader: requestHeaders(incoming.rawHeaders),
    responseHeader: answerHeaders(exchange.answerHeaders),
    accessKey,
    error: errorCode,
  });
}

function nanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds * 1e6)}ns`;
}

/** A query that cannot be read is kept whole: what was asked must not get lost. */
function queryOf(query: QueryParameters | string): Record<string, string> | undefined {
  const pairs = typeof query === "string" ? [["unreadable", query] as const] : query.pairs();
  if (query === "") return undefined;
  const record = collected(pairs);
  return Object.keys(record).length === 0 ? undefined : record;
}

function requestHeaders(raw: readonly string[]): Record<string, string> {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([canonical(raw[i] ?? ""), raw[i + 1] ?? ""]);
  return collected(pairs);
}

function answerHeaders(headers: Exchange["answerHeaders"]): Record<string, string> {
  return collected(Object.entries(headers).map(([name, value]) => [canonical(name), String(value)]));
}

/** Values of one name are joined. */
function collected(pairs: Iterable<readonly [name: string, value: string]>): Record<string, string> {
  const record = new Map<string, string>();
  for (const [name, value] of pairs) {
    const kept = redacted(name, value);
    const before = record.get(name);
    record.set(name, before === undefined ? kept : `${before}, ${kept}`);
  }
  return Object.fromEntries(record);
}

/** Names that were seen, as Go writes them. Clients can make names up, so there is an end to it. */
const CANONICAL = new Map<string, string>();
const MAX_CANONICAL = 500;

/** `x-amz-date` as MinIO's log has it: `X-Amz-Date`. */
function canonical(name: string): string {
  const known = CANONICAL.get(name);
  if (known !== undefined) return known;
  const written = name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
  if (CANONICAL.size < MAX_CANONICAL && name.length <= 64) CANONICAL.set(name, written);
  return written;
}
