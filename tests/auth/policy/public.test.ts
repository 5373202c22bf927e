import { describe, expect, test } from "bun:test";
import { parsePolicy } from "../../../src/auth/policy/parse.ts";
import { isPublic } from "../../../src/auth/policy/public.ts";

function statusOf(...statements: Readonly<Record<string, unknown>>[]): boolean {
  const allow = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::box/*" };
  const text = JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map((fields) => ({ ...allow, ...fields })),
  });
  return isPublic(parsePolicy(text, "box"));
}

const when = (operator: string, key: string, ...values: string[]) => ({
  Condition: { [operator]: { [key]: values } },
});

describe("a policy is public", () => {
  test.each<[string, Readonly<Record<string, unknown>>]>([
    ["when it allows everyone", {}],
    ["when it allows everyone in a list", { Principal: { AWS: ["minioadmin", "*"] } }],
    ["when a condition does not say who or where from", when("Bool", "aws:SecureTransport", "true")],
    ["when the referer is all it asks for", when("StringLike", "aws:Referer", "http://a/*")],
    ["when the addresses are nearly all of them", when("IpAddress", "aws:SourceIp", "10.0.0.1", "0.0.0.0/1")],
    ["when the IPv6 addresses are nearly all of them", when("IpAddress", "aws:SourceIp", "2000::/3")],
    ["when only some addresses are left out", when("NotIpAddress", "aws:SourceIp", "10.0.0.0/8")],
    ["when the key may be missing", when("StringEqualsIfExists", "aws:userid", "minioadmin")],
    ["when the user is a pattern", when("StringLike", "aws:userid", "*")],
  ])("%s", (_why, fields) => {
    expect(statusOf(fields)).toBe(true);
    expect(statusOf({ Principal: { AWS: "minioadmin" } }, fields)).toBe(true);
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ["when it allows some users", { Principal: { AWS: "minioadmin" } }],
    ["when it only denies", { Effect: "Deny" }],
    [
      "when it is kept to chosen addresses",
      when("IpAddress", "aws:SourceIp", "192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32"),
    ],
    ["when it is kept to chosen users", when("StringEquals", "aws:userid", "minioadmin")],
  ])("not %s", (_why, fields) => {
    expect(statusOf(fields)).toBe(false);
  });
});
