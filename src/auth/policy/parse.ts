import { Buffer } from "node:buffer";
import { KNOWN_ACTIONS } from "./actions.ts";
import { parseConditions } from "./condition.ts";
import { isRecord, readTexts } from "./json.ts";
import { malformedPolicy } from "./malformed.ts";
import { couldBegin, fillIn, matchesPattern, parsePattern } from "./pattern.ts";
import type { Names, Policy, Statement } from "./policy.ts";
import { parsePrincipals } from "./principal.ts";

/** The longest policy in bytes of UTF-8. */
export const MAX_POLICY_BYTES = 20 * 1024;

const ARN_PREFIX = "arn:aws:s3:::";
const POLICY_FIELDS = new Set(["Version", "Id", "Statement"]);
const STATEMENT_FIELDS = new Set([
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
]);

/**
 * Reads the policy of a bucket (IAM JSON policy grammar). Nothing in it is passed over: what is not understood is
 * refused, since a condition that is ignored would grant more than its author meant.
 * @throws S3Error MalformedPolicy
 */
export function parsePolicy(text: string, bucket: string): Policy {
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES) {
    throw malformedPolicy(
      `Normalized policy document exceeds the maximum allowed size of ${MAX_POLICY_BYTES} bytes.`,
    );
  }
  const policy = parseJson(text);
  refuseUnknown(policy, POLICY_FIELDS);
  optionalText(policy["Id"]);
  const version = policy["Version"] ?? "2008-10-17";
  if (version !== "2012-10-17" && version !== "2008-10-17") {
    throw malformedPolicy("The policy must contain a valid version string");
  }
  const { Statement: given } = policy;
  if (given === undefined) throw malformedPolicy("Missing required field Statement");
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) throw malformedPolicy("Missing required field Statement cannot be empty!");
  return { statements: list.map((item) => readStatement(item, bucket, version === "2012-10-17")) };
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformedPolicy("This policy contains invalid Json");
  }
  if (!isRecord(json)) {
    throw malformedPolicy("Policies must be valid JSON and the first byte must be '{'");
  }
  return json;
}

function readStatement(item: unknown, bucket: string, variables: boolean): Statement {
  if (!isRecord(item)) throw malformedPolicy("Invalid policy syntax.");
  refuseUnknown(item, STATEMENT_FIELDS);
  optionalText(item["Sid"]);
  const effect = readEffect(item["Effect"]);
  const principals = either(item, "Principal", parsePrincipals);
  if (principals.not && effect === "Allow") {
    throw malformedPolicy("Allow with NotPrincipal is not allowed.");
  }
  const actions = either(item, "Action", readActions);
  const resources = either(item, "Resource", (value) => readResources(value, bucket, variables));
  if (!actions.not && !resources.not) refuseMismatch(actions.list, resources.list);
  return {
    effect,
    principals,
    actions: {
      not: actions.not,
      list: actions.list.map((action) => parsePattern(action, { wildcards: true, variables: false })),
    },
    resources: {
      not: resources.not,
      list: resources.list.map((resource) => parsePattern(resource, { wildcards: true, variables })),
    },
    conditions: parseConditions(item["Condition"], variables),
  };
}

function readEffect(effect: unknown): "Allow" | "Deny" {
  if (effect === undefined) throw malformedPolicy("Missing required field Effect");
  if (effect === "Allow" || effect === "Deny") return effect;
  throw malformedPolicy(typeof effect === "string" ? `Invalid effect: ${effect}` : "Invalid policy syntax.");
}

/** Exactly one of `Name` and `NotName`. */
function either<List>(
  item: Readonly<Record<string, unknown>>,
  name: "Principal" | "Action" | "Resource",
  read: (value: unknown) => List,
): Names<List> {
  const not = item[name] === undefined;
  const value = not ? item[`Not${name}`] : item[name];
  if (value === undefined) throw malformedPolicy(`Missing required field ${name}`);
  if (!not && item[`Not${name}`] !== undefined) throw malformedPolicy("Invalid policy syntax.");
  return { not, list: read(value) };
}

/** Action patterns in lower case, each of which matches at least one action of a bucket or an object. */
function readActions(value: unknown): string[] {
  return readTexts(value).map((action) => {
    const pattern = action.toLowerCase();
    const { bucket, object } = KNOWN_ACTIONS;
    if (!covers(pattern, bucket) && !covers(pattern, object)) {
      throw malformedPolicy("Policy has invalid action");
    }
    return pattern;
  });
}

function covers(pattern: string, names: readonly string[]): boolean {
  const filled = fillIn(parsePattern(pattern, { wildcards: true, variables: false }), () => []);
  return filled !== undefined && names.some((name) => matchesPattern(filled, name));
}

/**
 * Resource patterns without the prefix of the ARN. Each could match the bucket or an object in it, as in MinIO: those
 * of other buckets are a slip, `*` is not.
 */
function readResources(value: unknown, bucket: string, variables: boolean): string[] {
  return readTexts(value).map((arn) => {
    const resource = arn.slice(ARN_PREFIX.length);
    const pattern = parsePattern(resource, { wildcards: true, variables });
    const applies = covers(resource, [bucket]) || couldBegin(pattern, `${bucket}/`);
    if (!arn.startsWith(ARN_PREFIX) || !applies) throw malformedPolicy("Policy has invalid resource");
    return resource;
  });
}

/** An action on objects with the ARN of the bucket alone (or the reverse) grants nothing: an old slip worth telling. */
function refuseMismatch(actions: readonly string[], resources: readonly string[]): void {
  const named = {
    bucket: resources.some((resource) => !resource.includes("/")),
    object: resources.some((resource) => resource.includes("/") || resource.includes("*")),
  };
  for (const action of actions) {
    const useful = (named.bucket && covers(action, KNOWN_ACTIONS.bucket)) ||
      (named.object && covers(action, KNOWN_ACTIONS.object));
    if (!useful) throw malformedPolicy("Action does not apply to any resource(s) in statement");
  }
}

function refuseUnknown(record: Readonly<Record<string, unknown>>, known: ReadonlySet<string>): void {
  const stray = Object.keys(record).find((name) => !known.has(name));
  if (stray !== undefined) throw malformedPolicy(`Unknown field ${stray}`);
}

function optionalText(value: unknown): void {
  if (value !== undefined && typeof value !== "string") throw malformedPolicy("Invalid policy syntax.");
}
