import { createHash } from "node:crypto";
import { describe, expect, test } from "bun:test";
import { deleteBucketPolicy } from "../../../src/s3/operations/delete-bucket-policy.ts";
import { getBucketPolicy } from "../../../src/s3/operations/get-bucket-policy.ts";
import { getBucketPolicyStatus } from "../../../src/s3/operations/get-bucket-policy-status.ts";
import { putBucketPolicy } from "../../../src/s3/operations/put-bucket-policy.ts";
import { openBuckets } from "../bucket-fixture.ts";

const target = "/box?policy";
const policy = (principal: unknown = "*") =>
  `{
  "Version": "2012-10-17",
  "Statement": [{ "Effect": "Allow", "Principal": ${JSON.stringify(principal)}, "Action": ["s3:GetObject"],
    "Resource": ["arn:aws:s3:::box/ü*"] }]
}
`;

describe("PutBucketPolicy", () => {
  test("keeps the document, which GetBucketPolicy gives back byte for byte", async () => {
    await using buckets = await openBuckets();
    const put = await buckets.run(putBucketPolicy, {
      target,
      body: policy(),
      headers: { "x-amz-confirm-remove-self-bucket-access": "true" },
    });
    expect([put.status, put.text]).toEqual([204, ""]);
    const got = await buckets.run(getBucketPolicy, { target });
    expect([got.status, got.headers["Content-Type"], got.text]).toEqual([200, "application/json", policy()]);
  });

  test("changes nothing when the document is not understood", async () => {
    await using buckets = await openBuckets();
    await buckets.run(putBucketPolicy, { target, body: policy() });
    for (const body of ["", "{", policy().replace("box/", "other/"), new Uint8Array([0xff, 0xfe])]) {
      const refused = await buckets.fail(putBucketPolicy, { target, body });
      expect([refused.code, refused.status]).toEqual(["MalformedPolicy", 400]);
    }
    expect((await buckets.run(getBucketPolicy, { target })).text).toBe(policy());
  });

  test("refuses a document that is too long, a little or by far", async () => {
    await using buckets = await openBuckets();
    const little = await buckets.fail(putBucketPolicy, { target, body: policy() + " ".repeat(20 * 1024) });
    expect(little.code).toBe("MalformedPolicy");
    const far = await buckets.fail(putBucketPolicy, { target, body: " ".repeat(1024 * 1024) });
    expect(far.status).toBe(400);
  });

  test("holds the body against Content-MD5", async () => {
    await using buckets = await openBuckets();
    const md5 = createHash("md5").update(policy()).digest("base64");
    await buckets.run(putBucketPolicy, { target, body: policy(), headers: { "content-md5": md5 } });
    const refused = await buckets.fail(putBucketPolicy, {
      target,
      body: policy("*") + " ",
      headers: { "content-md5": md5 },
    });
    expect(refused.code).toBe("BadDigest");
  });

  test("answers NoSuchBucket for a missing bucket", async () => {
    await using buckets = await openBuckets();
    const body = policy().replace("box/", "missing/");
    expect((await buckets.fail(putBucketPolicy, { target: "/missing?policy", body })).code).toBe(
      "NoSuchBucket",
    );
  });
});

describe("GetBucketPolicy", () => {
  test("answers NoSuchBucketPolicy without one, NoSuchBucket without a bucket", async () => {
    await using buckets = await openBuckets();
    expect((await buckets.fail(getBucketPolicy, { target })).code).toBe("NoSuchBucketPolicy");
    expect((await buckets.fail(getBucketPolicy, { target: "/missing?policy" })).code).toBe("NoSuchBucket");
  });
});

describe("DeleteBucketPolicy", () => {
  test("removes the policy, and does no harm without one", async () => {
    await using buckets = await openBuckets();
    await buckets.run(putBucketPolicy, { target, body: policy() });
    expect((await buckets.run(deleteBucketPolicy, { target })).status).toBe(204);
    expect((await buckets.fail(getBucketPolicy, { target })).code).toBe("NoSuchBucketPolicy");
    expect((await buckets.run(deleteBucketPolicy, { target })).status).toBe(204);
    expect((await buckets.fail(deleteBucketPolicy, { target: "/missing?policy" })).code).toBe("NoSuchBucket");
  });
});

describe("GetBucketPolicyStatus", () => {
  test("says whether the policy opens the bucket to the public", async () => {
    await using buckets = await openBuckets();
    const status = { target: "/box?policyStatus" };
    expect((await buckets.fail(getBucketPolicyStatus, status)).code).toBe("NoSuchBucketPolicy");
    await buckets.run(putBucketPolicy, { target, body: policy() });
    const open = await buckets.run(getBucketPolicyStatus, status);
    expect(open.text).toContain("<IsPublic>true</IsPublic></PolicyStatus>");
    await buckets.run(putBucketPolicy, { target, body: policy({ AWS: "minioadmin" }) });
    expect((await buckets.run(getBucketPolicyStatus, status)).text).toContain("<IsPublic>false</IsPublic>");
  });

  test("calls a stored policy that cannot be read not public", async () => {
    await using buckets = await openBuckets();
    await buckets.store.setBucketDocument("box", "policy", "{");
    const answer = await buckets.run(getBucketPolicyStatus, { target: "/box?policyStatus" });
    expect(answer.text).toContain("<IsPublic>false</IsPublic>");
  });
});
