import { type ConditionValues, isConditionKey } from "./condition-keys.ts";
import { isRecord, readTexts } from "./json.ts";
import { malformedPolicy } from "./malformed.ts";
import { OPERATORS } from "./operators.ts";

/** One operator on one key of a `Condition` block. */
export interface Condition {
  /** `StringLike`, without prefix and suffix. */
  readonly operator: string;
  /** Lower case. */
  readonly key: string;
  readonly values: readonly string[];
  /** Whether it can only hold for a request that carries the key with one of `values`. */
  readonly restricts: boolean;
  readonly holds: (valuesOf: ConditionValues) => boolean;
}

const OPERATOR = /^(?:(ForAnyValue|ForAllValues):)?([A-Za-z]{1,40}?)(IfExists)?$/;

/**
 * Reads a `Condition` block: `{ operator: { key: value or values } }`. All of them have to hold.
 * @param variables whether `${...}` is a variable in values
 * @throws S3Error MalformedPolicy for operators, keys and values that are not understood
 */
export function parseConditions(block: unknown, variables: boolean): Condition[] {
  if (block === undefined) return [];
  if (!isRecord(block)) throw malformedPolicy("Invalid policy syntax.");
  return Object.entries(block).flatMap(([name, keys]) => {
    if (!isRecord(keys)) throw malformedPolicy("Invalid policy syntax.");
    return Object.entries(keys).map(([key, values]) => {
      if (!isConditionKey(key.toLowerCase())) throw malformedPolicy("Policy has an invalid condition key");
      return readCondition(name, key.toLowerCase(), readTexts(values), variables);
    });
  });
}

function readCondition(name: string, key: string, values: readonly string[], variables: boolean): Condition {
  const [, quantifier, operator = "", ifExists] = OPERATOR.exec(name) ?? [];
  const plain = quantifier === undefined && ifExists === undefined;
  if (operator === "Null" && plain) {
    return { operator, key, values, restricts: false, holds: isNull(key, values) };
  }

  const known = OPERATORS.get(operator);
  if (known === undefined) throw malformedPolicy(`Invalid Condition type : ${name}`);
  const { negated, read } = known;
  const tests = values.map((value) => read(value, variables));
  const absent = ifExists !== undefined ||
    (quantifier === undefined ? negated : quantifier === "ForAllValues");
  return {
    operator,
    key,
    values,
    restricts: !negated && !absent,
    holds(valuesOf) {
      const actual = valuesOf(key);
      if (actual.length === 0) return absent;
      const suits = (value: string) => tests.some((test) => test(value, valuesOf)) !== negated;
      return quantifier === "ForAnyValue" ? actual.some(suits) : actual.every(suits);
    },
  };
}

/** `Null: { key: "true" }` holds when the request does not carry the key. */
function isNull(key: string, values: readonly string[]): Condition["holds"] {
  if (values.some((value) => value !== "true" && value !== "false")) {
    throw malformedPolicy("Invalid policy syntax.");
  }
  return (valuesOf) => values.includes(String(valuesOf(key).length === 0));
}
