import { S3Error } from "../errors/s3-error.ts";
import type { S3Request } from "../http/request.ts";
import type { Level, Operation } from "./operation.ts";
import { UNBUILT_SUBRESOURCES } from "./unbuilt.ts";

/** Finds the operation that a request means. Built once from the table of operations. */
export type Router = (request: S3Request) => Operation;

/**
 * A router over the table. Among the rows of the request's level and method the one with the most matching
 * discriminators wins. A sub-resource that no row names never falls through to another operation.
 * Thrown by the router: S3Error NotImplemented, MethodNotAllowed, InvalidArgument.
 */
export function createRouter(operations: readonly Operation[]): Router {
  const rows = new Map<string, Operation[]>();
  const known: Record<Level, Set<string>> = { service: new Set(), bucket: new Set(), object: new Set() };
  for (const operation of operations) {
    const place = `${operation.level} ${operation.method}`;
    rows.set(place, [...rows.get(place) ?? [], operation]);
    for (const name of operation.selectors ?? []) known[operation.level].add(name);
  }
  for (const list of rows.values()) list.sort((a, b) => weight(b) - weight(a));

  return (request) => {
    const level = levelOf(request);
    const candidates = rows.get(`${level} ${request.method}`) ?? [];
    const operation = candidates.find((row) => selects(row, request));
    if (level !== "service") refuseUnbuilt(request, level, operation);
    if (operation === undefined) throw new S3Error("MethodNotAllowed");
    refuseStray(request, operation, known[level]);
    return operation;
  };
}

function levelOf(request: S3Request): Level {
  if (request.bucket === "") {
    if (request.key !== "") throw new S3Error("InvalidBucketName");
    return "service";
  }
  return request.key === "" ? "bucket" : "object";
}

function weight(row: Operation): number {
  return 2 * (row.selectors?.length ?? 0) + (row.selectedByHeader === undefined ? 0 : 1) +
    (row.selectedByContentType === undefined ? 0 : 1) + (row.selectedByValue === undefined ? 0 : 1);
}

function selects(row: Operation, { query, headers }: S3Request): boolean {
  if (row.selectors?.some((name) => !query.has(name))) return false;
  if (row.selectedByHeader !== undefined && !headers.has(row.selectedByHeader)) return false;
  if (row.selectedByContentType !== undefined) {
    const type = (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
    if (type !== row.selectedByContentType) return false;
  }
  if (row.selectedByValue !== undefined) {
    const [name, value] = row.selectedByValue;
    if (!query.has(name) || query.get(name) !== value) return false;
  }
  return true;
}

function refuseUnbuilt(
  { query }: S3Request,
  level: "bucket" | "object",
  operation: Operation | undefined,
): void {
  for (const [name] of query.pairs()) {
    if (!UNBUILT_SUBRESOURCES[level].has(name) || understands(operation, name)) continue;
    throw new S3Error("NotImplemented", { message: `The sub-resource ${name} is not implemented.` });
  }
}

/**
 * Query names that the chosen operation does not understand: a built sub-resource under a method that it lacks is
 * MethodNotAllowed; a name without a value looks like a sub-resource and is NotImplemented; a name with a value is
 * ignored on reads, as S3 does, and refused where it might have meant another write.
 */
function refuseStray(request: S3Request, operation: Operation, known: ReadonlySet<string>): void {
  const reads = request.method === "GET" || request.method === "HEAD";
  for (const [name, value] of request.query.pairs()) {
    if (name.toLowerCase().startsWith("x-") || understands(operation, name)) continue;
    if (known.has(name)) throw new S3Error("MethodNotAllowed");
    if (value === "") {
      throw new S3Error("NotImplemented", { message: `The sub-resource ${name} is not implemented.` });
    }
    if (!reads) {
      throw new S3Error("InvalidArgument", {
        message: `The query parameter ${name} is not understood by ${operation.name}.`,
      });
    }
  }
}

function understands(operation: Operation | undefined, name: string): boolean {
  if (operation === undefined) return false;
  return operation.selectors?.includes(name) === true || operation.selectedByValue?.[0] === name ||
    operation.parameters?.includes(name) === true;
}
