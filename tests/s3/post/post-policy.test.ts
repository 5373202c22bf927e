import { Buffer } from "node:buffer";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { S3Error } from "../../../src/errors/s3-error.ts";
import { checkPostPolicy, parsePostPolicy } from "../../../src/s3/post/post-policy.ts";
import { failure } from "../failure.ts";

const NOW = Date.UTC(2026, 0, 2);

const encode = (json: unknown) => Buffer.from(JSON.stringify(json)).toString("base64");
const policyOf = (...conditions: unknown[]) =>
  parsePostPolicy(encode({ expiration: "2026-01-02T00:00:01.000Z", conditions }));

function check(conditions: readonly unknown[], fields: Readonly<Record<string, string>>): string {
  try {
    checkPostPolicy(policyOf(...conditions), new Map(Object.entries(fields)), NOW);
    return "met";
  } catch (thrown) {
    if (thrown instanceof S3Error && thrown.code === "AccessDenied") return thrown.message;
    throw thrown;
  }
}

describe("parsePostPolicy", () => {
  test("reads exact matches, conditions and the size of the file", () => {
    const policy = policyOf({ Acl: "public-read" }, ["EQ", "$Bucket", "box"], ["starts-with", "$key", ""], [
      "content-length-range",
      1,
      "100",
    ]);
    expect(policy).toEqual({
      expiration: NOW + 1000,
      conditions: [
        { operator: "eq", field: "acl", value: "public-read" },
        { operator: "eq", field: "bucket", value: "box" },
        { operator: "starts-with", field: "key", value: "" },
      ],
      size: { minimum: 1, maximum: 100 },
    });
  });

  test("takes what is common to several sizes, and any size without one", () => {
    expect(policyOf(["content-length-range", 0, 50], ["content-length-range", 10, 100]).size).toEqual({
      minimum: 10,
      maximum: 50,
    });
    expect(policyOf().size).toEqual({ minimum: 0, maximum: Infinity });
  });

  test.each<[unknown, string]>([
    [{ expiration: 7, conditions: [] }, "Invalid Policy: Invalid 'expiration' value: '7'"],
    [{ expiration: "tomorrow", conditions: [] }, "Invalid Policy: Invalid 'expiration' value: 'tomorrow'"],
    [
      { expiration: "2026-13-45T00:00:00Z", conditions: [] },
      "Invalid Policy: Invalid 'expiration' value: '2026-13-45T00:00:00Z'",
    ],
    [{ conditions: [] }, "Invalid Policy: Policy missing expiration."],
    [{ EXPIRATION: "2026-01-02T00:00:01Z", conditions: [] }, "Invalid Policy: Policy missing expiration."],
    [{ expiration: "2026-01-02T00:00:01Z" }, "Invalid Policy: Policy missing conditions."],
    [{ expiration: "2026-01-02T00:00:01Z", conditions: {} }, "Invalid Policy: Policy missing conditions."],
    [[], "Invalid Policy: Invalid JSON."],
    [null, "Invalid Policy: Invalid JSON."],
  ])("refuses %j", (json, message) => {
    expect(() => parsePostPolicy(encode(json))).toThrow(new S3Error("InvalidPolicyDocument", { message }));
  });

  test.each(["", "%%%", Buffer.from("{").toString("base64"), Buffer.from([0xff]).toString("base64")])(
    "refuses the field %j",
    (field) => {
      expect(() => parsePostPolicy(field)).toThrow(
        new S3Error("InvalidPolicyDocument", { message: "Invalid Policy: Invalid JSON." }),
      );
    },
  );

  test.each<[unknown]>([
    [{}],
    [{ a: "1", b: "2" }],
    [{ a: ["1"] }],
    [{ a: null }],
    ["text"],
    [[]],
    [["eq", "$a"]],
    [["eq", "$a", "b", "c"]],
    [["eq", "a", "b"]],
    [["eq", "$a", null]],
    [["ends-with", "$a", "b"]],
    [[7, "$a", "b"]],
    [["content-length-range", 0]],
    [["content-length-range", -1, 0]],
    [["content-length-range", 0, 1.5]],
    [["content-length-range", 0, "many"]],
    [["content-length-range", 2, 1]],
    [["content-length-range", 0, 1e300]],
  ])("refuses the condition %j", async (condition) => {
    const refused = await failure(() => policyOf(condition));
    expect([refused.code, refused.status]).toEqual(["InvalidPolicyDocument", 400]);
  });

  test("answers every JSON with a policy or a refusal", () => {
    fc.assert(fc.property(fc.array(fc.jsonValue()), (conditions) => {
      try {
        policyOf(...conditions);
      } catch (thrown) {
        expect(thrown).toHaveProperty("code", "InvalidPolicyDocument");
      }
    }));
  });
});

describe("checkPostPolicy", () => {
  test("wants every condition met", () => {
    const conditions = [{ bucket: "box" }, ["starts-with", "$key", "user/"]];
    expect(check(conditions, { bucket: "box", key: "user/a" })).toBe("met");
    expect(check(conditions, { bucket: "other", key: "user/a" })).toBe(
      'Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "box"]',
    );
    expect(check(conditions, { bucket: "box", key: "use" })).toBe(
      'Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "user/"]',
    );
  });

  test("matches values with their case", () => {
    expect(check([{ key: "a" }], { key: "A" })).toStartWith(
      "Invalid according to Policy: Policy Condition failed",
    );
  });

  test("takes no absent field for one that starts with nothing", () => {
    expect(check([["starts-with", "$content-type", ""]], {})).toStartWith("Invalid according to Policy");
    expect(check([["starts-with", "$content-type", ""]], { "content-type": "" })).toBe("met");
  });

  test("wants all of a list of content types to start as one", () => {
    const images = [["starts-with", "$Content-Type", "image/"]];
    expect(check(images, { "content-type": "image/jpeg, image/png" })).toBe("met");
    expect(check(images, { "content-type": "image/jpeg,text/html" })).toStartWith(
      "Invalid according to Policy",
    );
  });

  test("wants every field covered, but for those that sign the form or are to be ignored", () => {
    const signing = { file: "", policy: "p", "x-amz-signature": "s", "x-ignore-me": "x" };
    expect(check([{ key: "a" }], { key: "a", ...signing })).toBe("met");
    expect(check([{ key: "a" }], { key: "a", ...signing, acl: "public-read", "x-amz-date": "d" })).toBe(
      "Invalid according to Policy: Extra input fields: acl, x-amz-date",
    );
  });

  test("refuses once the policy has expired", () => {
    const policy = policyOf();
    expect(() => checkPostPolicy(policy, new Map(), NOW + 999)).not.toThrow();
    expect(() => checkPostPolicy(policy, new Map(), NOW + 1000)).toThrow(
      new S3Error("AccessDenied", { message: "Invalid according to Policy: Policy expired." }),
    );
  });
});
