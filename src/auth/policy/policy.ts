import type { Condition } from "./condition.ts";
import type { ConditionValues } from "./condition-keys.ts";
import { fillIn, matchesPattern, type Pattern } from "./pattern.ts";
import { includesPrincipal, type Principals } from "./principal.ts";

/** A bucket policy, read and checked. */
export interface Policy {
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly principals: Names<Principals>;
  /** In lower case. */
  readonly actions: Names<readonly Pattern[]>;
  /** `bucket` or `bucket/key`, without the prefix of the ARN. */
  readonly resources: Names<readonly Pattern[]>;
  readonly conditions: readonly Condition[];
}

/** What a statement is about: these, or (`NotAction`) all but these. */
export interface Names<List> {
  readonly not: boolean;
  readonly list: List;
}

/** What a policy is asked about. */
export interface PolicyRequest {
  /** `s3:GetObject`. */
  readonly action: string;
  /** `bucket` or `bucket/key`. */
  readonly resource: string;
  /** `undefined` for the anonymous. */
  readonly accessKey: string | undefined;
  readonly valuesOf: ConditionValues;
}

/** `deny` when a Deny statement applies, else `allow` when an Allow statement does, else `none`. */
export function evaluate(policy: Policy, request: PolicyRequest): "allow" | "deny" | "none" {
  let answer: "allow" | "none" = "none";
  for (const statement of policy.statements) {
    if (statement.effect === "Allow" && answer === "allow") continue;
    if (!applies(statement, request)) continue;
    if (statement.effect === "Deny") return "deny";
    answer = "allow";
  }
  return answer;
}

function applies(statement: Statement, { action, resource, accessKey, valuesOf }: PolicyRequest): boolean {
  const { effect, principals, actions, resources, conditions } = statement;
  return includesPrincipal(principals.list, accessKey) !== principals.not &&
    actions.list.some((pattern) => matches(pattern, action.toLowerCase(), valuesOf, false)) !== actions.not &&
    // A variable without a value names no resource; `NotResource` must not grant all of them for that.
    resources.list.some((pattern) =>
        matches(pattern, resource, valuesOf, resources.not && effect === "Allow")
      ) !==
      resources.not &&
    conditions.every((condition) => condition.holds(valuesOf));
}

function matches(pattern: Pattern, text: string, valuesOf: ConditionValues, withoutValue: boolean): boolean {
  const filled = fillIn(pattern, valuesOf);
  return filled === undefined ? withoutValue : matchesPattern(filled, text);
}
