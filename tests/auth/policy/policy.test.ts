import { describe, expect, test } from "bun:test";
import { conditionValues } from "../../../src/auth/policy/condition-keys.ts";
import { parsePolicy } from "../../../src/auth/policy/parse.ts";
import { evaluate } from "../../../src/auth/policy/policy.ts";
import { ROOT, type Sketch, sketchRequest } from "./request.ts";

type Fields = Readonly<Record<string, unknown>>;

const ALLOW = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::box/*" };

/** Evaluates a policy of these statements. Anonymous GetObject of `box/a` unless told otherwise. */
function verdict(
  statements: readonly Fields[],
  { action = "s3:GetObject", resource = "box/a", ...sketch }: Sketch & {
    action?: string;
    resource?: string;
  } = {},
) {
  const policy = parsePolicy(
    JSON.stringify({
      Version: "2012-10-17",
      Statement: statements.map((fields) => ({ ...ALLOW, ...fields })),
    }),
    "box",
  );
  const source = sketchRequest(sketch);
  return evaluate(policy, {
    action,
    resource,
    accessKey: source.identity.kind === "user" ? source.identity.accessKey : undefined,
    valuesOf: conditionValues(source),
  });
}

describe("evaluate", () => {
  test("allows what a statement allows, and says nothing of the rest", () => {
    expect(verdict([{}])).toBe("allow");
    expect(verdict([{}], { action: "s3:PutObject" })).toBe("none");
    expect(verdict([{}], { resource: "box" })).toBe("none");
    expect(verdict([{}], { resource: "boxes/a" })).toBe("none");
  });

  test("lets a Deny win, wherever it stands", () => {
    const deny = { Effect: "Deny", Resource: "arn:aws:s3:::box/private/*" };
    expect(verdict([deny, {}], { resource: "box/private/a" })).toBe("deny");
    expect(verdict([{}, deny], { resource: "box/private/a" })).toBe("deny");
    expect(verdict([{}, {}, deny], { resource: "box/public/a" })).toBe("allow");
  });

  test("matches actions with wildcards and without regard to case", () => {
    expect(verdict([{ Action: "S3:GETOBJECT" }])).toBe("allow");
    expect(verdict([{ Action: "s3:Get*" }])).toBe("allow");
    expect(verdict([{ Action: "s3:?etObject" }])).toBe("allow");
    expect(verdict([{ Action: "*" }], { action: "s3:DeleteObject" })).toBe("allow");
  });

  test("matches keys with their case", () => {
    expect(verdict([{ Resource: "arn:aws:s3:::box/A" }])).toBe("none");
    expect(verdict([{ Resource: "arn:aws:s3:::box/?" }])).toBe("allow");
  });

  test("takes NotAction and NotResource for all the others", () => {
    const notAction = { Action: undefined, NotAction: "s3:DeleteObject" };
    expect(verdict([notAction])).toBe("allow");
    expect(verdict([notAction], { action: "s3:DeleteObject" })).toBe("none");
    const notResource = {
      Resource: undefined,
      NotResource: ["arn:aws:s3:::box/private/*", "arn:aws:s3:::box"],
    };
    expect(verdict([notResource])).toBe("allow");
    expect(verdict([notResource], { resource: "box/private/a" })).toBe("none");
  });

  test("names users by access key, by ARN or by their account, and never the anonymous by these", () => {
    for (
      const name of ["minioadmin", "arn:aws:iam::1:user/minioadmin", "arn:aws:iam::1:root", "123456789012"]
    ) {
      expect(verdict([{ Principal: { AWS: name } }], { identity: ROOT })).toBe("allow");
      expect(verdict([{ Principal: { AWS: name } }])).toBe("none");
    }
    expect(verdict([{ Principal: { AWS: "another" } }], { identity: ROOT })).toBe("none");
    expect(verdict([{ Principal: { AWS: ["another", "*"] } }], { identity: ROOT })).toBe("allow");
  });

  test("denies everyone but whom NotPrincipal names", () => {
    const deny = { Effect: "Deny", Principal: undefined, NotPrincipal: { AWS: "minioadmin" } };
    expect(verdict([deny, {}], { identity: ROOT })).toBe("allow");
    expect(verdict([deny, {}])).toBe("deny");
  });

  test("applies a statement only when all of its conditions hold", () => {
    const near = {
      Condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" }, Bool: { "aws:SecureTransport": "true" } },
    };
    expect(verdict([near], { secure: true })).toBe("allow");
    expect(verdict([near], { secure: false })).toBe("none");
    expect(verdict([near], { secure: true, address: "198.51.100.1" })).toBe("none");
  });

  test("denies by a header that is not there", () => {
    const deny = {
      Effect: "Deny",
      Action: "s3:PutObject",
      Condition: { Null: { "s3:x-amz-server-side-encryption": "true" } },
    };
    const put = { action: "s3:PutObject", identity: ROOT };
    expect(verdict([deny], put)).toBe("deny");
    expect(verdict([deny], { ...put, headers: { "x-amz-server-side-encryption": "AES256" } })).toBe("none");
  });

  test("gives each user the keys under the own name", () => {
    const own = { Resource: "arn:aws:s3:::box/${aws:username}/*" };
    expect(verdict([own], { identity: ROOT, resource: "box/minioadmin/a" })).toBe("allow");
    expect(verdict([own], { identity: ROOT, resource: "box/another/a" })).toBe("none");
    expect(verdict([own], { resource: "box//a" })).toBe("none");
  });

  test("grants nothing by a NotResource whose variable has no value, and denies by it", () => {
    const others = { Resource: undefined, NotResource: "arn:aws:s3:::box/${aws:username}/*" };
    expect(verdict([others])).toBe("none");
    expect(verdict([{ ...others, Effect: "Deny" }])).toBe("deny");
  });

  test("limits listings by their prefix", () => {
    const list = {
      Action: "s3:ListBucket",
      Resource: "arn:aws:s3:::box",
      Condition: {
        StringLike: { "s3:prefix": ["public/*"] },
        NumericLessThanEquals: { "s3:max-keys": "10" },
      },
    };
    const ask = { action: "s3:ListBucket", resource: "box" };
    expect(verdict([list], { ...ask, query: "prefix=public%2Fa&max-keys=10" })).toBe("allow");
    expect(verdict([list], { ...ask, query: "prefix=public%2Fa&max-keys=11" })).toBe("none");
    expect(verdict([list], { ...ask, query: "prefix=private%2F&max-keys=1" })).toBe("none");
    expect(verdict([list], ask)).toBe("none");
  });
});
