import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MAX_POLICY_BYTES, parsePolicy } from "../../../src/auth/policy/parse.ts";
import { S3Error } from "../../../src/errors/s3-error.ts";

const STATEMENT = {
  Effect: "Allow",
  Principal: "*",
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::box/*",
};

/** A policy of one statement, in which these fields differ; `undefined` removes one. */
function policyWith(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: [{ ...STATEMENT, ...fields }] });
}

function refusal(text: string): string {
  try {
    parsePolicy(text, "box");
  } catch (thrown) {
    if (thrown instanceof S3Error && thrown.code === "MalformedPolicy" && thrown.status === 400) {
      return thrown.message;
    }
    throw thrown;
  }
  throw new Error("it was taken");
}

describe("parsePolicy", () => {
  test.each<[string, Readonly<Record<string, unknown>>]>([
    ["the anonymous as text", { Principal: "*" }],
    ["the anonymous as MinIO's tools write it", { Principal: { AWS: ["*"] } }],
    ["a user's ARN", { Principal: { AWS: "arn:aws:iam::123456789012:user/team/ann" } }],
    ["an account and its root", { Principal: { AWS: ["123456789012", "arn:aws:iam::123456789012:root"] } }],
    ["an access key", { Principal: { AWS: "minioadmin" } }],
    ["a Sid", { Sid: "one" }],
    ["everyone but some, denied", { Effect: "Deny", Principal: undefined, NotPrincipal: { AWS: "ann" } }],
    ["actions in any case", { Action: ["S3:getobject", "s3:Put*"] }],
    ["every action", { Action: "*" }],
    ["NotAction", { Action: undefined, NotAction: "s3:DeleteObject" }],
    ["NotResource", { Resource: undefined, NotResource: "arn:aws:s3:::box/private/*" }],
    ["the bucket and its objects in one", {
      Action: ["s3:ListBucket", "s3:GetObject"],
      Resource: "arn:aws:s3:::box*",
    }],
    ["a variable", { Resource: "arn:aws:s3:::box/${aws:username}/*" }],
    ["a condition", { Condition: { IpAddress: { "aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"] } } }],
  ])("takes %s", (_what, fields) => {
    expect(parsePolicy(policyWith(fields), "box").statements).toHaveLength(1);
  });

  test("takes one statement without a list, a version or an id", () => {
    expect(parsePolicy(JSON.stringify({ Statement: STATEMENT }), "box").statements).toHaveLength(1);
    expect(
      parsePolicy(JSON.stringify({ Id: "i", Version: "2008-10-17", Statement: STATEMENT }), "box").statements,
    )
      .toHaveLength(1);
  });

  test.each(["*", "*/*", "b*", "b?x/*", "box*", "?ox/a", "b*/a"])(
    "takes the resource %s, which reaches into the bucket",
    (resource) => {
      const text = policyWith({ Action: "s3:*", Resource: `arn:aws:s3:::${resource}` });
      expect(parsePolicy(text, "box").statements).toHaveLength(1);
    },
  );

  test("takes ${...} for text in policies of 2008", () => {
    const text = JSON.stringify({
      Version: "2008-10-17",
      Statement: { ...STATEMENT, Resource: "arn:aws:s3:::box/${nobody}" },
    });
    expect(parsePolicy(text, "box").statements[0]?.resources.list).toEqual([["box/${nobody}"]]);
  });

  test.each([
    ["", "This policy contains invalid Json"],
    ["{", "This policy contains invalid Json"],
    ["[".repeat(20_000), "This policy contains invalid Json"],
    ["\u{feff}{}", "This policy contains invalid Json"],
    ["[]", "Policies must be valid JSON and the first byte must be '{'"],
    ["null", "Policies must be valid JSON and the first byte must be '{'"],
    ["{}", "Missing required field Statement"],
    ['{"Statement":[]}', "Missing required field Statement cannot be empty!"],
    ['{"Statement":["x"]}', "Invalid policy syntax."],
    ['{"Version":"2020-01-01","Statement":[]}', "The policy must contain a valid version string"],
    ['{"Id":7,"Statement":[]}', "Invalid policy syntax."],
    ['{"Statements":[]}', "Unknown field Statements"],
    ['{"__proto__":{"Statement":[]}}', "Unknown field __proto__"],
  ])("refuses %.40p", (text, message) => {
    expect(refusal(text)).toBe(message);
  });

  test.each<[Readonly<Record<string, unknown>>, string]>([
    [{ Effect: undefined }, "Missing required field Effect"],
    [{ Effect: "allow" }, "Invalid effect: allow"],
    [{ Effect: ["Allow"] }, "Invalid policy syntax."],
    [{ Sid: {} }, "Invalid policy syntax."],
    [{ Extra: 1 }, "Unknown field Extra"],
    [{ Principal: undefined }, "Missing required field Principal"],
    [{ Principal: "ann" }, "Invalid principal in policy"],
    [{ Principal: { AWS: "ann*" } }, "Invalid principal in policy"],
    [{ Principal: { AWS: "arn:aws:iam::1:user/*" } }, "Invalid principal in policy"],
    [{ Principal: { AWS: "arn:aws:iam::1:role/r" } }, "Invalid principal in policy"],
    [{ Principal: { Service: "logging.s3.amazonaws.com" } }, "Invalid principal in policy"],
    [{ Principal: { AWS: "*", CanonicalUser: "x" } }, "Invalid principal in policy"],
    [{ Principal: {} }, "Invalid principal in policy"],
    [{ Principal: { AWS: [] } }, "Invalid policy syntax."],
    [{ NotPrincipal: "*" }, "Invalid policy syntax."],
    [{ Principal: undefined, NotPrincipal: { AWS: "ann" } }, "Allow with NotPrincipal is not allowed."],
    [{ Action: undefined }, "Missing required field Action"],
    [{ Action: "s3:GetObjects" }, "Policy has invalid action"],
    [{ Action: "ec2:*" }, "Policy has invalid action"],
    [{ Action: ["s3:GetObject", "s3:Fly*"] }, "Policy has invalid action"],
    [{ NotAction: "s3:GetObject" }, "Invalid policy syntax."],
    [{ Resource: undefined }, "Missing required field Resource"],
    [{ Resource: "*" }, "Policy has invalid resource"],
    [{ Resource: "arn:aws:s3:::other/*" }, "Policy has invalid resource"],
    [{ Resource: "arn:aws:s3:::boxes/*" }, "Policy has invalid resource"],
    [{ Resource: "arn:aws:s3:::c*" }, "Policy has invalid resource"],
    [{ Resource: "arn:aws:s3:::?box/*" }, "Policy has invalid resource"],
    [{ Resource: "arn:aws:s3:::${aws:username}/*" }, "Policy has invalid resource"],
    [{ Resource: "arn:aws:s3:us-east-1::box/*" }, "Policy has invalid resource"],
    [{ Resource: "box/*" }, "Policy has invalid resource"],
    [{ Resource: "arn:aws:s3:::box/${nobody}" }, "Policy has an invalid variable: ${nobody}"],
    [{ Resource: "arn:aws:s3:::box" }, "Action does not apply to any resource(s) in statement"],
    [{ Action: "s3:ListBucket" }, "Action does not apply to any resource(s) in statement"],
    [{ Condition: { StringEquals: { "aws:Nothing": "x" } } }, "Policy has an invalid condition key"],
  ])("refuses a statement with %j", (fields, message) => {
    expect(refusal(policyWith(fields))).toBe(message);
  });

  test("refuses what is over 20 KiB in UTF-8", () => {
    const bare = policyWith({ Sid: "" }).length;
    expect(() => parsePolicy(policyWith({ Sid: "x".repeat(MAX_POLICY_BYTES - bare) }), "box")).not.toThrow();
    const message = "Normalized policy document exceeds the maximum allowed size of 20480 bytes.";
    expect(refusal(policyWith({ Sid: "x".repeat(MAX_POLICY_BYTES - bare + 1) }))).toBe(message);
    expect(refusal(policyWith({ Sid: "ü".repeat(MAX_POLICY_BYTES / 2) }))).toBe(message);
  });

  test("answers every JSON with a policy or a refusal, never another fault", () => {
    const any = fc.jsonValue();
    const statement = fc.record({
      Effect: fc.oneof(fc.constantFrom("Allow", "Deny"), any),
      Principal: fc.oneof(fc.constant("*"), fc.record({ AWS: any }), any),
      Action: fc.oneof(fc.constantFrom("s3:*", "s3:GetObject"), any),
      Resource: fc.oneof(fc.constantFrom("arn:aws:s3:::box", "arn:aws:s3:::box/*"), any),
      Condition: fc.oneof(
        fc.dictionary(fc.constantFrom("StringLike", "Null", "IpAddress", "Bool"), any),
        any,
      ),
    }, { requiredKeys: [] });
    fc.assert(fc.property(fc.oneof(fc.record({ Statement: fc.oneof(statement, any) }), any), (json) => {
      try {
        parsePolicy(JSON.stringify(json), "box");
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(S3Error);
        expect(thrown).toHaveProperty("code", "MalformedPolicy");
      }
    }));
  });
});
