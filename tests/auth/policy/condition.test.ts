import { describe, expect, test } from "bun:test";
import { parseConditions } from "../../../src/auth/policy/condition.ts";
import { S3Error } from "../../../src/errors/s3-error.ts";

/** Whether a block holds for a request with these values of `aws:UserAgent`. */
function holds(block: unknown, ...agents: string[]): boolean {
  const conditions = parseConditions(block, true);
  return conditions.every((condition) => condition.holds((key) => key === "aws:useragent" ? agents : []));
}

const on = (operator: string, ...values: string[]) => ({ [operator]: { "aws:UserAgent": values } });

describe("a Condition block", () => {
  test("holds when there is none, or nothing in it", () => {
    expect(holds(undefined)).toBe(true);
    expect(holds({})).toBe(true);
  });

  test("wants one of the values of every key of every operator", () => {
    expect(holds(on("StringEquals", "a", "b"), "b")).toBe(true);
    expect(holds({ ...on("StringEquals", "a"), ...on("StringLike", "b*") }, "a")).toBe(false);
    expect(holds({ StringEquals: { "aws:UserAgent": "a", "aws:Referer": "r" } }, "a")).toBe(false);
  });

  test("wants none of the values under a negated operator", () => {
    expect(holds(on("StringNotEquals", "a", "b"), "b")).toBe(false);
    expect(holds(on("StringNotEquals", "a", "b"), "c")).toBe(true);
  });

  test("takes an absent key as no match: false, but true where matching is negated", () => {
    expect(holds(on("StringEquals", "a"))).toBe(false);
    expect(holds(on("StringLike", "*"))).toBe(false);
    expect(holds(on("StringNotEquals", "a"))).toBe(true);
    expect(holds(on("NotIpAddress", "10.0.0.0/8"))).toBe(true);
  });

  test("lets IfExists pass an absent key, not a wrong one", () => {
    expect(holds(on("StringEqualsIfExists", "a"))).toBe(true);
    expect(holds(on("StringEqualsIfExists", "a"), "b")).toBe(false);
    expect(holds(on("StringNotEqualsIfExists", "a"), "a")).toBe(false);
  });

  test("ForAllValues holds for an absent key, ForAnyValue does not", () => {
    expect(holds(on("ForAllValues:StringEquals", "a"))).toBe(true);
    expect(holds(on("ForAnyValue:StringEquals", "a"))).toBe(false);
    expect(holds(on("ForAnyValue:StringNotEquals", "a"))).toBe(false);
    expect(holds(on("ForAnyValue:StringEqualsIfExists", "a"))).toBe(true);
  });

  test("ForAllValues wants all of the request's values, ForAnyValue one", () => {
    expect(holds(on("ForAllValues:StringEquals", "a", "b"), "a", "b")).toBe(true);
    expect(holds(on("ForAllValues:StringEquals", "a"), "a", "b")).toBe(false);
    expect(holds(on("ForAnyValue:StringEquals", "a"), "a", "b")).toBe(true);
    expect(holds(on("ForAnyValue:StringNotEquals", "a"), "a", "b")).toBe(true);
    expect(holds(on("ForAllValues:StringNotEquals", "a"), "a", "b")).toBe(false);
  });

  test("Null asks whether the key is there", () => {
    expect(holds(on("Null", "true"))).toBe(true);
    expect(holds(on("Null", "true"), "a")).toBe(false);
    expect(holds(on("Null", "false"), "")).toBe(true);
    expect(holds({ Null: { "aws:UserAgent": true } })).toBe(true);
  });

  test("knows keys in any case, and numbers and truth values as text", () => {
    expect(holds({ StringEquals: { "AWS:useragent": "a" } }, "a")).toBe(true);
    expect(holds({ StringEquals: { "aws:UserAgent": [true, 7] } }, "7")).toBe(true);
  });

  test.each<[unknown, string]>([
    ["text", "Invalid policy syntax."],
    [[], "Invalid policy syntax."],
    [{ StringEquals: "a" }, "Invalid policy syntax."],
    [{ StringEquals: { "aws:UserAgent": [] } }, "Invalid policy syntax."],
    [{ StringEquals: { "aws:UserAgent": null } }, "Invalid policy syntax."],
    [{ StringEquals: { "aws:UserAgent": [["a"]] } }, "Invalid policy syntax."],
    [{ StringEquals: { "aws:Nothing": "a" } }, "Policy has an invalid condition key"],
    [{ StringEquals: { __proto__x: "a" } }, "Policy has an invalid condition key"],
    [on("StringSounds", "a"), "Invalid Condition type : StringSounds"],
    [on("stringequals", "a"), "Invalid Condition type : stringequals"],
    [on("constructor", "a"), "Invalid Condition type : constructor"],
    [on("ForSome:StringEquals", "a"), "Invalid Condition type : ForSome:StringEquals"],
    [on("NullIfExists", "true"), "Invalid Condition type : NullIfExists"],
    [on("Null", "maybe"), "Invalid policy syntax."],
  ])("%j is refused", (block, message) => {
    expect(() => parseConditions(block, true)).toThrow(new S3Error("MalformedPolicy", { message }));
  });

  test("says of each condition whether it keeps the key to its values", () => {
    const restricts = (operator: string, value = "a") =>
      parseConditions(on(operator, value), true)[0]?.restricts;
    expect(restricts("StringEquals")).toBe(true);
    expect(restricts("ForAnyValue:StringLike")).toBe(true);
    expect(restricts("StringEqualsIfExists")).toBe(false);
    expect(restricts("StringNotEquals")).toBe(false);
    expect(restricts("ForAllValues:StringEquals")).toBe(false);
    expect(restricts("Null", "false")).toBe(false);
  });
});
