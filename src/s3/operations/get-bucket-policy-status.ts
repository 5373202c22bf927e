import { parsePolicy } from "../../auth/policy/parse.ts";
import { isPublic } from "../../auth/policy/public.ts";
import { S3Error } from "../../errors/s3-error.ts";
import { operation } from "../operation.ts";
import { document, element } from "../../xml/xml-writer.ts";

/** GetBucketPolicyStatus: whether the policy opens the bucket to the public. */
export const getBucketPolicyStatus = operation({
  name: "GetBucketPolicyStatus",
  method: "GET",
  level: "bucket",
  selectors: ["policyStatus"],
  action: "s3:GetBucketPolicyStatus",
  parse: () => undefined,
  async handle(_input, { store, request }) {
    const text = await store.getBucketDocument(request.bucket, "policy");
    if (text === undefined) throw new S3Error("NoSuchBucketPolicy");
    return opensToPublic(text, request.bucket);
  },
  reply: (open) => ({
    status: 200,
    headers: { "Content-Type": "application/xml" },
    body: document("PolicyStatus", [element("IsPublic", open)]),
  }),
});

/** A stored policy that cannot be read grants nothing to anyone. */
function opensToPublic(text: string, bucket: string): boolean {
  try {
    return isPublic(parsePolicy(text, bucket));
  } catch {
    return false;
  }
}
