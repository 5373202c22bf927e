import { Buffer } from "node:buffer";
import ipaddr from "ipaddr.js";
import type { ConditionValues } from "./condition-keys.ts";
import { malformedPolicy } from "./malformed.ts";
import { type FilledPattern, fillIn, matchesPattern, parsePattern } from "./pattern.ts";

/** Whether one value of the request is what one value of the policy asks for. */
export type ValueTest = (actual: string, valuesOf: ConditionValues) => boolean;

/** A condition operator without its prefix and suffix. */
export interface Operator {
  /** Whether it holds when no value of the policy matches, rather than when one does. */
  readonly negated: boolean;
  /**
   * Makes the test for one value of the policy.
   * @param variables whether `${...}` is a variable in it
   * @throws S3Error MalformedPolicy
   */
  readonly read: (wanted: string, variables: boolean) => ValueTest;
}

type Read = Operator["read"];

/** The operators of IAM policies by name; `Null`, which looks at no value, is the condition's own. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ...pair("StringEquals", "StringNotEquals", text((wanted, actual) => wanted === actual)),
  ...pair(
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    text((wanted, actual) => wanted.toLowerCase() === actual.toLowerCase()),
  ),
  ...pair("StringLike", "StringNotLike", like),
  ...pair("NumericEquals", "NumericNotEquals", ordered(number, (actual, wanted) => actual === wanted)),
  ...one("NumericLessThan", ordered(number, (actual, wanted) => actual < wanted)),
  ...one("NumericLessThanEquals", ordered(number, (actual, wanted) => actual <= wanted)),
  ...one("NumericGreaterThan", ordered(number, (actual, wanted) => actual > wanted)),
  ...one("NumericGreaterThanEquals", ordered(number, (actual, wanted) => actual >= wanted)),
  ...pair("DateEquals", "DateNotEquals", ordered(date, (actual, wanted) => actual === wanted)),
  ...one("DateLessThan", ordered(date, (actual, wanted) => actual < wanted)),
  ...one("DateLessThanEquals", ordered(date, (actual, wanted) => actual <= wanted)),
  ...one("DateGreaterThan", ordered(date, (actual, wanted) => actual > wanted)),
  ...one("DateGreaterThanEquals", ordered(date, (actual, wanted) => actual >= wanted)),
  ...one("Bool", truth),
  ...one("BinaryEquals", binary),
  ...pair("IpAddress", "NotIpAddress", address),
  ...pair("ArnEquals", "ArnNotEquals", arn),
  ...pair("ArnLike", "ArnNotLike", arn),
]);

function one(name: string, read: Read): [string, Operator][] {
  return [[name, { negated: false, read }]];
}

function pair(name: string, opposite: string, read: Read): [string, Operator][] {
  return [[name, { negated: false, read }], [opposite, { negated: true, read }]];
}

function text(same: (wanted: string, actual: string) => boolean): Read {
  return (wanted, variables) => {
    const pattern = parsePattern(wanted, { wildcards: false, variables });
    return (actual, valuesOf) => {
      const filled = fillIn(pattern, valuesOf);
      return filled !== undefined && same(filled.join(""), actual);
    };
  };
}

function like(wanted: string, variables: boolean): ValueTest {
  const pattern = parsePattern(wanted, { wildcards: true, variables });
  return (actual, valuesOf) => {
    const filled = fillIn(pattern, valuesOf);
    return filled !== undefined && matchesPattern(filled, actual);
  };
}

/** Each of the six parts of an ARN is matched on its own, so that a wildcard never reaches over a colon. */
function arn(wanted: string, variables: boolean): ValueTest {
  const parts = splitArn(wanted)?.map((part) => parsePattern(part, { wildcards: true, variables }));
  if (parts === undefined) throw malformedPolicy(`Invalid ARN in a condition: ${wanted}`);
  return (actual, valuesOf) => {
    const actualParts = splitArn(actual);
    if (actualParts === undefined) return false;
    return parts.every((part, i) => {
      const filled: FilledPattern | undefined = fillIn(part, valuesOf);
      return filled !== undefined && matchesPattern(filled, actualParts[i] ?? "");
    });
  };
}

function splitArn(value: string): string[] | undefined {
  const parts = value.split(":");
  if (parts.length < 6) return undefined;
  return [...parts.slice(0, 5), parts.slice(5).join(":")];
}

function ordered(
  read: (value: string) => number | undefined,
  compare: (actual: number, wanted: number) => boolean,
): Read {
  return (wanted) => {
    const limit = read(wanted);
    if (limit === undefined) throw malformedPolicy(`Invalid value in a condition: ${wanted}`);
    return (actual) => {
      const value = read(actual);
      return value !== undefined && compare(value, limit);
    };
  };
}

function number(value: string): number | undefined {
  return /^[+-]?\d{1,20}(\.\d{1,20})?$/.test(value) ? Number(value) : undefined;
}

const ISO_8601 = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** Milliseconds of a W3C profile ISO 8601 date, or of whole seconds since the epoch. */
function date(value: string): number | undefined {
  if (/^\d{1,12}$/.test(value)) return Number(value) * 1000;
  const time = ISO_8601.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

function truth(wanted: string): ValueTest {
  const value = wanted.toLowerCase();
  if (value !== "true" && value !== "false") {
    throw malformedPolicy(`Invalid value in a condition: ${wanted}`);
  }
  return (actual) => actual.toLowerCase() === value;
}

function binary(wanted: string): ValueTest {
  const bytes = Buffer.from(wanted, "base64");
  if (bytes.toString("base64") !== wanted) {
    throw malformedPolicy(`Invalid value in a condition: ${wanted}`);
  }
  return (actual) => bytes.equals(Buffer.from(actual));
}

function address(wanted: string): ValueTest {
  const [range, bits] = parseRange(wanted);
  return (actual) => {
    if (!ipaddr.isValid(actual)) return false;
    const address = ipaddr.process(actual);
    return address.kind() === range.kind() && address.match(range, bits);
  };
}

const MAPPED_BITS = 96;

/**
 * An address with the bits of its prefix; all of them for a bare address. Ranges of IPv4-mapped IPv6 addresses come
 * out as IPv4.
 * @throws S3Error MalformedPolicy
 */
export function parseRange(text: string): [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number] {
  const [host = "", prefix, ...rest] = text.split("/");
  const wellFormed = host.includes(":")
    ? ipaddr.IPv6.isValid(host)
    : ipaddr.IPv4.isValidFourPartDecimal(host);
  if (!wellFormed || rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) {
    throw malformedPolicy(`Invalid IP address or range in a condition: ${text}`);
  }
  const address = ipaddr.parse(host);
  const width = address.kind() === "ipv4" ? 32 : 128;
  const bits = prefix === undefined ? width : Number(prefix);
  if (bits > width) throw malformedPolicy(`Invalid IP address or range in a condition: ${text}`);
  const plain = bits < MAPPED_BITS ? address : ipaddr.process(host);
  return [plain, plain.kind() === address.kind() ? bits : bits - MAPPED_BITS];
}
