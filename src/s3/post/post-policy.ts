import { Buffer } from "node:buffer";
import { isRecord } from "../../auth/policy/json.ts";
import { S3Error } from "../../errors/s3-error.ts";

/** The policy of a browser upload (POST policy of the S3 API). */
export interface PostPolicy {
  /** Milliseconds since the epoch. */
  readonly expiration: number;
  readonly conditions: readonly FieldCondition[];
  readonly size: SizeRange;
}

/** What a form field must be. */
export interface FieldCondition {
  readonly operator: "eq" | "starts-with";
  /** Lower case, without `$`. */
  readonly field: string;
  readonly value: string;
}

/** Bytes that the file may have. */
export interface SizeRange {
  readonly minimum: number;
  readonly maximum: number;
}

/** Fields that no condition has to cover. */
const FREE_FIELDS = new Set(["file", "policy", "x-amz-signature"]);
const FREE_PREFIX = "x-ignore-";

const EXPIRATION = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/**
 * Reads the `policy` field of a form: base64 of JSON. The names `expiration` and `conditions` are case-sensitive.
 * @throws S3Error InvalidPolicyDocument
 */
export function parsePostPolicy(base64: string): PostPolicy {
  const json = parseJson(base64);
  if (!isRecord(json)) throw invalid("Invalid JSON.");
  const { expiration, conditions } = json;
  if (expiration === undefined) throw invalid("Policy missing expiration.");
  if (!Array.isArray(conditions)) throw invalid("Policy missing conditions.");
  let size: SizeRange = { minimum: 0, maximum: Infinity };
  const fields: FieldCondition[] = [];
  for (const condition of conditions) {
    const read = isRecord(condition) ? simpleCondition(condition) : listCondition(condition);
    if ("field" in read) fields.push(read);
    else {
      size = {
        minimum: Math.max(size.minimum, read.minimum),
        maximum: Math.min(size.maximum, read.maximum),
      };
    }
  }
  return { expiration: readExpiration(expiration), conditions: fields, size };
}

/**
 * Holds a form against its policy: not expired, every condition met, every field covered by a condition.
 * @param fields as they take effect: `bucket` is that of the request, `key` has its `${filename}` replaced
 * @param now milliseconds since the epoch
 * @throws S3Error AccessDenied
 */
export function checkPostPolicy(policy: PostPolicy, fields: ReadonlyMap<string, string>, now: number): void {
  if (now >= policy.expiration) throw refused("Policy expired.");
  const failed = policy.conditions.find((condition) => !holds(condition, fields.get(condition.field)));
  if (failed !== undefined) {
    const text = [failed.operator, `$${failed.field}`, failed.value].map((part) => JSON.stringify(part)).join(
      ", ",
    );
    throw refused(`Policy Condition failed: [${text}]`);
  }
  const covered = new Set(policy.conditions.map((condition) => condition.field));
  const extra = [...fields.keys()].filter((field) =>
    !covered.has(field) && !FREE_FIELDS.has(field) && !field.startsWith(FREE_PREFIX)
  );
  if (extra.length > 0) throw refused(`Extra input fields: ${extra.join(", ")}`);
}

/** A field that the form lacks meets no condition, not even that it start with nothing. */
function holds({ operator, field, value }: FieldCondition, actual: string | undefined): boolean {
  if (actual === undefined) return false;
  if (operator === "eq") return actual === value;
  // A list of content types has to keep to the condition as a whole.
  const items = field === "content-type" ? actual.split(",").map((item) => item.trim()) : [actual];
  return items.every((item) => item.startsWith(value));
}

function parseJson(base64: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(base64, "base64")));
  } catch {
    throw invalid("Invalid JSON.");
  }
}

function readExpiration(value: unknown): number {
  const time = typeof value === "string" && EXPIRATION.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(time)) throw invalid(`Invalid 'expiration' value: '${String(value)}'`);
  return time;
}

/** `{ "acl": "public-read" }`: an exact match. */
function simpleCondition(condition: Readonly<Record<string, unknown>>): FieldCondition {
  const [entry, ...more] = Object.entries(condition);
  if (entry === undefined || more.length > 0) {
    throw invalid(
      "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
    );
  }
  return { operator: "eq", field: entry[0].toLowerCase(), value: readText(entry[1]) };
}

/** `["eq", "$acl", "public-read"]`, `["starts-with", "$key", "user/"]`, `["content-length-range", 1, 1000]`. */
function listCondition(condition: unknown): FieldCondition | SizeRange {
  if (!Array.isArray(condition) || condition.length !== 3 || typeof condition[0] !== "string") {
    throw invalid("Invalid Condition: wrong number of arguments.");
  }
  const [name, first, second]: readonly unknown[] = condition;
  const operator = String(name).toLowerCase();
  if (operator === "content-length-range") {
    const range = { minimum: readSize(first), maximum: readSize(second) };
    if (range.minimum > range.maximum) throw invalid("Invalid content-length-range: start after end.");
    return range;
  }
  if (operator !== "eq" && operator !== "starts-with") {
    throw invalid(`Invalid Condition: unknown operation '${operator}'.`);
  }
  const field = readText(first);
  if (!field.startsWith("$")) throw invalid("Invalid Condition: a field name must begin with '$'.");
  return { operator, field: field.slice(1).toLowerCase(), value: readText(second) };
}

function readText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw invalid("Invalid Condition: a value must be a string.");
}

function readSize(value: unknown): number {
  const size = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof size === "number" && Number.isSafeInteger(size) && size >= 0) return size;
  throw invalid("Invalid content-length-range: a size must be a whole number of bytes.");
}

function invalid(reason: string): S3Error {
  return new S3Error("InvalidPolicyDocument", { message: `Invalid Policy: ${reason}` });
}

function refused(reason: string): S3Error {
  return new S3Error("AccessDenied", { message: `Invalid according to Policy: ${reason}` });
}
