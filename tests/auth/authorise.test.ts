import { describe, expect, test } from "bun:test";
import type { Identity } from "../../src/auth/authentication.ts";
import { createAuthoriser } from "../../src/auth/authorise.ts";
import { S3Error } from "../../src/errors/s3-error.ts";
import { ANONYMOUS, ROOT, sketchRequest } from "./policy/request.ts";

const statement = (effect: string) => ({
  Effect: effect,
  Principal: "*",
  Action: "s3:*",
  Resource: ["arn:aws:s3:::box", "arn:aws:s3:::box/*"],
});
const policyOf = (...effects: string[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement: effects.map(statement) });

/** An authoriser over one bucket `box`, whose policy can be changed; other buckets do not exist. */
function authoriserOver(policy?: string) {
  const state = { policy, reads: 0 };
  const authorise = createAuthoriser({
    getBucket: async () => ({ name: "box", createdAt: 0 }),
    async getBucketDocument(bucket) {
      state.reads++;
      if (bucket === "broken") throw new S3Error("XMinioStorageFull");
      if (bucket !== "box") throw new S3Error("NoSuchBucket");
      return state.policy;
    },
  });
  async function answer(identity: Identity, action: string, bucket = "box", key?: string): Promise<string> {
    try {
      const source = sketchRequest({ identity });
      await authorise({ ...source, action, bucket, ...(key === undefined ? {} : { key }) });
      return "allowed";
    } catch (thrown) {
      if (thrown instanceof S3Error) return thrown.code;
      throw thrown;
    }
  }
  return { state, answer };
}

describe("a user", () => {
  test("may do everything where there is no policy, or one that only allows", async () => {
    expect(await authoriserOver().answer(ROOT, "s3:PutObject", "box", "a")).toBe("allowed");
    expect(await authoriserOver(policyOf("Allow")).answer(ROOT, "s3:PutObject", "box", "a")).toBe("allowed");
  });

  test("is kept out by a Deny, but never from the policy itself", async () => {
    const { answer } = authoriserOver(policyOf("Allow", "Deny"));
    expect(await answer(ROOT, "s3:GetObject", "box", "a")).toBe("AccessDenied");
    expect(await answer(ROOT, "s3:DeleteBucket")).toBe("AccessDenied");
    expect(await answer(ROOT, "s3:GetBucketPolicyStatus")).toBe("AccessDenied");
    for (const verb of ["Get", "Put", "Delete"]) {
      expect(await answer(ROOT, `s3:${verb}BucketPolicy`)).toBe("allowed");
    }
  });

  test("may ask for the service, and learns of a missing bucket from the operation", async () => {
    const { answer, state } = authoriserOver();
    expect(await answer(ROOT, "s3:ListAllMyBuckets", "")).toBe("allowed");
    expect(state.reads).toBe(0);
    expect(await answer(ROOT, "s3:GetObject", "missing", "a")).toBe("allowed");
  });

  test("is not kept out by a policy that nobody can read", async () => {
    expect(await authoriserOver("{").answer(ROOT, "s3:GetObject", "box", "a")).toBe("allowed");
  });
});

describe("the anonymous", () => {
  test("may do what a policy allows and does not deny", async () => {
    expect(await authoriserOver(policyOf("Allow")).answer(ANONYMOUS, "s3:GetObject", "box", "a")).toBe(
      "allowed",
    );
    expect(await authoriserOver(policyOf("Allow", "Deny")).answer(ANONYMOUS, "s3:GetObject", "box", "a"))
      .toBe(
        "AccessDenied",
      );
  });

  test("may do nothing without a policy, with an unreadable one, in a missing bucket or on the service", async () => {
    expect(await authoriserOver().answer(ANONYMOUS, "s3:GetObject", "box", "a")).toBe("AccessDenied");
    expect(await authoriserOver("{}").answer(ANONYMOUS, "s3:GetObject", "box", "a")).toBe("AccessDenied");
    expect(await authoriserOver().answer(ANONYMOUS, "s3:GetObject", "missing", "a")).toBe("AccessDenied");
    expect(await authoriserOver(policyOf("Allow")).answer(ANONYMOUS, "s3:ListAllMyBuckets", "")).toBe(
      "AccessDenied",
    );
  });
});

test("a changed policy holds from the next request on", async () => {
  const { answer, state } = authoriserOver(policyOf("Allow"));
  expect(await answer(ANONYMOUS, "s3:GetObject", "box", "a")).toBe("allowed");
  state.policy = policyOf("Deny");
  expect(await answer(ANONYMOUS, "s3:GetObject", "box", "a")).toBe("AccessDenied");
  state.policy = undefined;
  expect(await answer(ANONYMOUS, "s3:GetObject", "box", "a")).toBe("AccessDenied");
  state.policy = policyOf("Allow");
  expect(await answer(ANONYMOUS, "s3:GetObject", "box", "a")).toBe("allowed");
});

test("a fault of the store is no permission", async () => {
  const { answer } = authoriserOver();
  expect(await answer(ROOT, "s3:GetObject", "broken", "a")).toBe("XMinioStorageFull");
  expect(await answer(ANONYMOUS, "s3:GetObject", "broken", "a")).toBe("XMinioStorageFull");
});
