import type { Condition } from "./condition.ts";
import { parseRange } from "./operators.ts";
import type { Policy } from "./policy.ts";

/** Operators that pin a key to the values given. */
const FIXING = new Set(["StringEquals", "StringEqualsIgnoreCase", "StringLike"]);
/** Keys that say who asks. */
const IDENTIFYING = new Set(["aws:username", "aws:userid"]);
/** The widest ranges of addresses that still count as chosen ones. */
const WIDEST_RANGE = { ipv4: 8, ipv6: 32 };

/**
 * Whether S3 calls a policy public ("The meaning of public" of its block public access): it allows something to
 * everyone, and no condition narrows that to fixed users or to ranges of addresses that are not too wide.
 */
export function isPublic(policy: Policy): boolean {
  return policy.statements.some((statement) =>
    statement.effect === "Allow" && statement.principals.list === "everyone" &&
    !statement.conditions.some(narrows)
  );
}

function narrows({ operator, key, values, restricts }: Condition): boolean {
  if (!restricts) return false;
  if (key === "aws:sourceip") return operator === "IpAddress" && values.every(isChosenRange);
  return IDENTIFYING.has(key) && FIXING.has(operator) && values.every((value) => !/[*?]|\$\{/.test(value));
}

function isChosenRange(text: string): boolean {
  const [address, bits] = parseRange(text);
  return bits >= WIDEST_RANGE[address.kind()];
}
