import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { fillIn, matchesPattern, parsePattern } from "../../../src/auth/policy/pattern.ts";

const VALUES: Readonly<Record<string, readonly string[]>> = {
  "aws:username": ["ann*"],
  "aws:sourceip": ["10.0.0.1"],
};
const valuesOf = (key: string) => VALUES[key] ?? [];

function matches(pattern: string, text: string, variables = true): boolean | undefined {
  const filled = fillIn(parsePattern(pattern, { wildcards: true, variables }), valuesOf);
  return filled && matchesPattern(filled, text);
}

describe("a pattern", () => {
  test.each([
    ["", "", true],
    ["", "a", false],
    ["*", "", true],
    ["*", "anything/at/all", true],
    ["a*", "a", true],
    ["a*", "ba", false],
    ["*a", "bca", true],
    ["*a", "ab", false],
    ["a*c*e", "abcde", true],
    ["a*c*e", "abcd", false],
    ["box/*", "box/", true],
    ["box/*", "box", false],
    ["?", "", false],
    ["?", "a", true],
    ["?", "🦊", true],
    ["?", "ab", false],
    ["*?b", "🦊b", true],
    ["**a**", "bab", true],
    ["a.c", "abc", false],
    ["[a-z]+$", "[a-z]+$", true],
    ["A", "a", false],
  ])("%j on %j: %p", (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  test("puts a variable's value in as literal text, whatever signs it holds", () => {
    expect(matches("home/${aws:username}/*", "home/ann*/x")).toBe(true);
    expect(matches("home/${AWS:UserName}/*", "home/ann*/x")).toBe(true);
    expect(matches("home/${aws:username}/*", "home/anna/x")).toBe(false);
  });

  test("takes ${*}, ${?} and ${$} for the bare signs", () => {
    expect(matches("a${*}b${?}c${$}", "a*b?c$")).toBe(true);
    expect(matches("a${*}b", "axb")).toBe(false);
  });

  test("uses the fallback of a variable without a value, and has no meaning without one", () => {
    expect(matches("${aws:referer, 'nobody'}/*", "nobody/x")).toBe(true);
    expect(matches("${aws:referer}/*", "/x")).toBeUndefined();
  });

  test("has no variables where they are not wanted", () => {
    expect(matches("${aws:username}", "${aws:username}", false)).toBe(true);
    expect(matches("${*}", "${anything}", false)).toBe(true);
  });

  test.each(["${}", "${nobody}", "${aws:username,}", "${aws:username,bare}", "${aws:PrincipalTag/team}"])(
    "refuses the variable %s",
    (pattern) => {
      expect(() => parsePattern(pattern, { wildcards: true, variables: true })).toThrow(S3Error);
    },
  );

  test("agrees with a regular expression", () => {
    const piece = fc.constantFrom("a", "b", "*", "?", "🦊");
    const texts = fc.array(fc.constantFrom("a", "b", "🦊"), { maxLength: 8 }).map((list) => list.join(""));
    fc.assert(fc.property(fc.array(piece, { maxLength: 8 }), texts, (pieces, text) => {
      const source = pieces.map((sign) => sign === "*" ? "[^]*" : sign === "?" ? "[^]" : sign).join("");
      expect(matches(pieces.join(""), text)).toBe(new RegExp(`^${source}$`, "u").test(text));
    }));
  });

  test("comes to its end on patterns that are built to take for ever", () => {
    expect(matches(`${"*a".repeat(5000)}*b`, "a".repeat(10_000))).toBe(false);
    expect(matches(`${"*?".repeat(500)}b`, "a".repeat(1000))).toBe(false);
    expect(matches(`${"*a?*".repeat(2000)}`, "a".repeat(1000))).toBe(false);
  });
});
